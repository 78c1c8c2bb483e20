//! `/api/sessions`: a user lists and ends their own sessions; `/api/session/events`.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{
    app::{MAX_WAIT, TestResponse},
    browser::{Browser, SignedIn},
};

#[tokio::test]
async fn a_user_sees_only_their_sessions_with_the_current_one_first() {
    // T88
    let browser = Browser::start();
    let other_browser = browser.with_new_key();
    let (one, two) = (other_browser.sign_in().await, browser.sign_in().await);
    browser.other_user().sign_in().await;
    let listed = list(&browser, &two).await;
    assert_eq!(listed.len(), 2);
    assert_eq!([&listed[0]["is_this"], &listed[1]["is_this"]], [true, false]);
    assert_eq!(listed[0]["browser"], Value::Null, "a test is no browser");
    let text = json!(listed).to_string();
    for secret in [&one.session, &two.session, &one.access_token] {
        assert!(!text.contains(secret.as_str()));
    }
    other_browser.logout(&one.session).await.assert_ok();
    assert_eq!(list(&browser, &two).await.len(), 1);
}

#[tokio::test]
async fn a_refresh_updates_the_last_use_of_a_session() {
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let before = list(&browser, &signed_in).await.remove(0);
    browser.app.clock.jump(Duration::from_secs(100));
    let access_token = browser.refresh_access_token(&signed_in.session).await;
    let after = list(&browser, &SignedIn { access_token, ..signed_in }).await.remove(0);
    assert_eq!(after["since"], before["since"]);
    assert!(after["last_used_at"].as_u64().unwrap() >= before["last_used_at"].as_u64().unwrap() + 100);
}

#[tokio::test]
async fn a_user_can_end_one_of_their_sessions_and_none_of_another_user() {
    // T88
    let browser = Browser::start();
    let other_browser = browser.with_new_key();
    let (mine, stolen) = (browser.sign_in().await, other_browser.sign_in().await);
    let thief = browser.other_user();
    let thiefs = thief.sign_in().await;
    let handle = list(&browser, &mine).await[1]["session"].clone();
    let end = json!({ "session": handle });
    post(&thief, &thiefs, "/api/sessions/end", &end).await.assert_refused(404, "not_found");
    assert!(other_browser.is_accepted(&stolen.access_token).await);
    post(&browser, &mine, "/api/sessions/end", &json!({ "session": mine.session }))
        .await
        .assert_refused(404, "not_found");
    post(&browser, &mine, "/api/sessions/end", &end).await.assert_ok();
    assert!(!other_browser.is_accepted(&stolen.access_token).await);
    other_browser.refresh(&stolen.session).await.assert_refused(401, "session_ended");
    assert!(browser.is_accepted(&mine.access_token).await);
    post(&browser, &mine, "/api/sessions/end", &end).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_user_can_end_all_other_sessions_or_all() {
    // T88
    let browser = Browser::start();
    let (first, second) = (browser.with_new_key(), browser.with_new_key());
    let (mine, one, two) = (browser.sign_in().await, first.sign_in().await, second.sign_in().await);
    post(&browser, &mine, "/api/sessions/end-all", &json!({ "keep_this": true })).await.assert_ok();
    assert!(browser.is_accepted(&mine.access_token).await);
    assert!(!first.is_accepted(&one.access_token).await && !second.is_accepted(&two.access_token).await);
    post(&browser, &mine, "/api/sessions/end-all", &json!({ "keep_this": false })).await.assert_ok();
    assert!(!browser.is_accepted(&mine.access_token).await);
}

#[tokio::test]
async fn an_open_page_is_notified_when_its_session_is_ended_from_another_browser() {
    // T87
    let browser = Browser::start();
    let other_browser = browser.with_new_key();
    let (watched, other) = (browser.sign_in().await, other_browser.sign_in().await);
    let request = browser.request(Method::GET, "/api/session/events", Some(&watched.access_token));
    let mut events = browser.app.open(request.body(Body::empty()).unwrap()).await.into_data_stream();
    let first = String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.contains(r#"{"kind":"lives"}"#), "{first}");
    post(&other_browser, &other, "/api/sessions/end-all", &json!({ "keep_this": true })).await.assert_ok();
    let rest = async {
        let mut text = String::new();
        while let Some(piece) = events.next().await {
            text += std::str::from_utf8(&piece.unwrap()).unwrap();
        }
        text
    };
    let rest = tokio::time::timeout(MAX_WAIT, rest).await.expect("the stream ends");
    assert!(rest.contains(r#"{"kind":"ended","reauthenticate":true}"#), "{rest}");
    let again = browser.request(Method::GET, "/api/session/events", Some(&watched.access_token));
    browser.app.send(again.body(Body::empty()).unwrap()).await.assert_refused(401, "unauthenticated");
}

async fn list(browser: &Browser, signed_in: &SignedIn) -> Vec<Value> {
    let request = browser.request(Method::GET, "/api/sessions", Some(&signed_in.access_token));
    let answer = browser.app.send(request.body(Body::empty()).unwrap()).await;
    answer.assert_ok();
    answer.json()["sessions"].as_array().unwrap().clone()
}

async fn post(browser: &Browser, signed_in: &SignedIn, path: &str, body: &Value) -> TestResponse {
    let request = browser.request(Method::POST, path, Some(&signed_in.access_token));
    let request = request.header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_user_gets_the_same_draft_key_at_every_sign_in_and_refresh() {
    // T108: what they typed can be read again by them alone.
    let browser = Browser::start();
    let login = browser.login().await.json();
    let refreshed = browser.refresh(login["session"].as_str().unwrap()).await.json();
    let again = browser.login().await.json();
    assert!(login["draft_key"].as_str().is_some_and(|key| key.len() == 43), "256 bits in base64url");
    assert_eq!(login["draft_key"], refreshed["draft_key"]);
    assert_eq!(login["draft_key"], again["draft_key"]);
    let mut another = browser.other_user();
    another.user = format!("{}-another", browser.user);
    assert_ne!(another.login().await.json()["draft_key"], login["draft_key"]);
}

#[tokio::test]
async fn a_sign_in_and_a_refresh_say_when_the_session_ends_by_time() {
    let browser = Browser::start();
    let login = browser.login().await.json();
    browser.app.clock.jump(Duration::from_secs(100));
    let request = json!({ "session": login["session"], "idle_seconds": 100 });
    let refreshed = browser.post("/api/refresh", &request).await.json();
    assert_eq!(login["idle_timeout"], refreshed["idle_timeout"]);
    let left = |answer: &Value| answer["session_expires_in"].as_u64().unwrap();
    let passed = left(&login) - left(&refreshed);
    assert!((100..200).contains(&passed), "{passed}");
}
