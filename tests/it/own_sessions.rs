//! `/api/sessions`: what a person is told of their own sessions, and how they end them; `/api/session/events`.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{
    app::Answer,
    browser::{Browser, SignedIn},
};

/// What a page has to be told within, and some for a busy machine.
const SOON: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_person_sees_their_own_sessions_with_their_own_first_and_nobody_elses() {
    // T88
    let browser = Browser::start();
    let elsewhere = browser.at_another_computer();
    let (one, two) = (elsewhere.sign_in().await, browser.sign_in().await);
    browser.another().sign_in().await;
    let listed = list(&browser, &two).await;
    assert_eq!(listed.len(), 2);
    assert_eq!([&listed[0]["is_this"], &listed[1]["is_this"]], [true, false]);
    assert_eq!(listed[0]["browser"], Value::Null, "a test is no browser");
    let text = json!(listed).to_string();
    for secret in [&one.session, &two.session, &one.access_token] {
        assert!(!text.contains(secret.as_str()));
    }
    elsewhere.logout(&one.session).await.assert_ok();
    assert_eq!(list(&browser, &two).await.len(), 1);
}

#[tokio::test]
async fn a_refresh_shows_as_use() {
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let before = list(&browser, &signed_in).await.remove(0);
    browser.app.clock.jump(Duration::from_secs(100));
    let access_token = browser.refreshed(&signed_in.session).await;
    let after = list(&browser, &SignedIn { access_token, ..signed_in }).await.remove(0);
    assert_eq!(after["since"], before["since"]);
    assert!(after["last_used_at"].as_u64().unwrap() >= before["last_used_at"].as_u64().unwrap() + 100);
}

#[tokio::test]
async fn a_person_ends_one_session_and_nobody_elses() {
    // T88
    let browser = Browser::start();
    let elsewhere = browser.at_another_computer();
    let (mine, stolen) = (browser.sign_in().await, elsewhere.sign_in().await);
    let thief = browser.another();
    let thiefs = thief.sign_in().await;
    let handle = list(&browser, &mine).await[1]["session"].clone();
    let end = json!({ "session": handle });
    post(&thief, &thiefs, "/api/sessions/end", &end).await.assert_refused(404, "not_found");
    assert!(elsewhere.is_let_in(&stolen.access_token).await);
    post(&browser, &mine, "/api/sessions/end", &json!({ "session": mine.session }))
        .await
        .assert_refused(404, "not_found");
    post(&browser, &mine, "/api/sessions/end", &end).await.assert_ok();
    assert!(!elsewhere.is_let_in(&stolen.access_token).await);
    elsewhere.refresh(&stolen.session).await.assert_refused(401, "session_ended");
    assert!(browser.is_let_in(&mine.access_token).await);
    post(&browser, &mine, "/api/sessions/end", &end).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_person_ends_all_other_sessions_or_all() {
    // T88
    let browser = Browser::start();
    let (first, second) = (browser.at_another_computer(), browser.at_another_computer());
    let (mine, one, two) = (browser.sign_in().await, first.sign_in().await, second.sign_in().await);
    post(&browser, &mine, "/api/sessions/end-all", &json!({ "keep_this": true })).await.assert_ok();
    assert!(browser.is_let_in(&mine.access_token).await);
    assert!(!first.is_let_in(&one.access_token).await && !second.is_let_in(&two.access_token).await);
    post(&browser, &mine, "/api/sessions/end-all", &json!({ "keep_this": false })).await.assert_ok();
    assert!(!browser.is_let_in(&mine.access_token).await);
}

#[tokio::test]
async fn an_open_page_is_told_within_two_seconds_that_its_session_was_ended_elsewhere() {
    // T87
    let browser = Browser::start();
    let elsewhere = browser.at_another_computer();
    let (watched, other) = (browser.sign_in().await, elsewhere.sign_in().await);
    let request = browser.request(Method::GET, "/api/session/events", Some(&watched.access_token));
    let mut events = browser.app.open(request.body(Body::empty()).unwrap()).await.into_data_stream();
    let first = String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.contains(r#"{"kind":"lives"}"#), "{first}");
    post(&elsewhere, &other, "/api/sessions/end-all", &json!({ "keep_this": true })).await.assert_ok();
    let rest = async {
        let mut text = String::new();
        while let Some(piece) = events.next().await {
            text += std::str::from_utf8(&piece.unwrap()).unwrap();
        }
        text
    };
    let rest = tokio::time::timeout(SOON, rest).await.expect("the stream ends");
    assert!(rest.contains(r#"{"kind":"ended"}"#), "{rest}");
    let again = browser.request(Method::GET, "/api/session/events", Some(&watched.access_token));
    browser.app.send(again.body(Body::empty()).unwrap()).await.assert_refused(401, "unauthenticated");
}

async fn list(browser: &Browser, signed_in: &SignedIn) -> Vec<Value> {
    let request = browser.request(Method::GET, "/api/sessions", Some(&signed_in.access_token));
    let answer = browser.app.send(request.body(Body::empty()).unwrap()).await;
    answer.assert_ok();
    answer.json()["sessions"].as_array().unwrap().clone()
}

async fn post(browser: &Browser, signed_in: &SignedIn, path: &str, body: &Value) -> Answer {
    let request = browser.request(Method::POST, path, Some(&signed_in.access_token));
    let request = request.header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_person_is_given_one_draft_key_at_each_sign_in_and_refresh_and_nobody_else_is() {
    // T108: what they typed can be read again by them alone.
    let browser = Browser::start();
    let login = browser.login().await.json();
    let refreshed = browser.refresh(login["session"].as_str().unwrap()).await.json();
    let again = browser.login().await.json();
    assert!(login["draft_key"].as_str().is_some_and(|key| key.len() == 43), "256 bits in base64url");
    assert_eq!(login["draft_key"], refreshed["draft_key"]);
    assert_eq!(login["draft_key"], again["draft_key"]);
    let mut another = browser.another();
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
