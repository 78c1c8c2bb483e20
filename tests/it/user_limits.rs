//! Limits per user, over all browsers of the user.

use std::num::NonZeroU32;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use oracle_ai::server::http::ingress::{EdgeSettings, LimitSettings};
use serde_json::json;

use crate::support::{
    app::{TestApp, TestResponse},
    browser::{Browser, SignedIn},
    provider::MockProvider,
};

/// A browser at an application with these limits.
fn limited(limits: LimitSettings) -> Browser {
    let provider = MockProvider::shared();
    let edge = EdgeSettings { limits, ..EdgeSettings::default() };
    Browser::at(TestApp::with_edge(provider.settings(), edge), provider)
}

async fn get(browser: &Browser, signed_in: &SignedIn, path: &str) -> TestResponse {
    let request = browser.request(Method::GET, path, Some(&signed_in.access_token));
    browser.app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn three_browsers_of_one_user_share_one_rate_limit() {
    // T106. 3 keys made 360 refreshes a minute where 120 are allowed.
    let limits = LimitSettings { per_person: NonZeroU32::new(3), ..LimitSettings::default() };
    let one = limited(limits);
    let browsers = [one.clone(), one.with_new_key(), one.with_new_key()];
    let mut sessions = vec![];
    for browser in &browsers {
        sessions.push(browser.sign_in().await);
    }
    let mut statuses = vec![];
    for _ in 0..2 {
        for (browser, signed_in) in browsers.iter().zip(&sessions) {
            statuses.push(browser.refresh(&signed_in.session).await.status);
        }
    }
    let taken = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!(taken, 3, "{statuses:?}");
    get(&browsers[0], &sessions[0], "/api/chat").await.assert_refused(429, "too_many_requests");
    // Their sessions stay, and other users are not affected.
    assert!(one.app.session(&sessions[0].session).await.is_some());
    let other_user = one.other_user();
    let theirs = other_user.sign_in().await;
    get(&other_user, &theirs, "/api/chat").await.assert_ok();
}

#[tokio::test]
async fn guarded_calls_of_all_browsers_of_a_user_share_one_rate_limit() {
    // T106
    let one = limited(LimitSettings { per_person: NonZeroU32::new(4), ..LimitSettings::default() });
    let two = one.with_new_key();
    let (of_one, of_two) = (one.sign_in().await, two.sign_in().await);
    for _ in 0..2 {
        get(&one, &of_one, "/api/chat").await.assert_ok();
        get(&two, &of_two, "/api/sessions").await.assert_ok();
    }
    get(&one, &of_one, "/api/chat").await.assert_refused(429, "too_many_requests");
    get(&two, &of_two, "/api/chat").await.assert_refused(429, "too_many_requests");
}

#[tokio::test]
async fn a_signed_in_user_who_sends_made_up_tokens_is_limited_as_that_user() {
    // T106: made-up tokens with proofs by a known key count for its user, who could otherwise use up the limit of a
    // shared address.
    let browser = limited(LimitSettings { per_person: NonZeroU32::new(4), ..LimitSettings::default() });
    let signed_in = browser.sign_in().await;
    get(&browser, &signed_in, "/api/chat").await.assert_ok();
    let made_up = SignedIn { access_token: "made-up".into(), session: "made-up".into() };
    let mut statuses = vec![];
    for _ in 0..8 {
        statuses.push(get(&browser, &made_up, "/api/chat").await.status.as_u16());
    }
    assert!(statuses[..3].iter().all(|status| *status == 401) && statuses[3..].contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_sign_in_beyond_the_session_limit_ends_the_oldest_session() {
    // T106
    let one = limited(LimitSettings { sessions_per_person: NonZeroU32::new(2), ..LimitSettings::default() });
    let (two, three) = (one.with_new_key(), one.with_new_key());
    let oldest = one.sign_in().await;
    one.app.clock.jump(std::time::Duration::from_secs(60));
    let middle = two.sign_in().await;
    let other_user = one.other_user();
    let theirs = other_user.sign_in().await;
    one.app.clock.jump(std::time::Duration::from_secs(60));
    let newest = three.sign_in().await;
    one.refresh(&oldest.session).await.assert_refused(401, "session_ended");
    assert!(!one.is_accepted(&oldest.access_token).await);
    two.refresh(&middle.session).await.assert_ok();
    three.refresh(&newest.session).await.assert_ok();
    other_user.refresh(&theirs.session).await.assert_ok();
}

#[tokio::test]
async fn an_ended_session_does_not_count_towards_the_limit() {
    let one = limited(LimitSettings { sessions_per_person: NonZeroU32::new(2), ..LimitSettings::default() });
    let (two, three) = (one.with_new_key(), one.with_new_key());
    let (first, second) = (one.sign_in().await, two.sign_in().await);
    two.logout(&second.session).await.assert_ok();
    three.sign_in().await;
    one.refresh(&first.session).await.assert_ok();
}

#[tokio::test]
async fn open_streams_per_user_are_limited() {
    // T106: one session held 400.
    let browser = limited(LimitSettings { streams_per_person: NonZeroU32::new(2), ..LimitSettings::default() });
    let signed_in = browser.sign_in().await;
    let path = "/api/session/events";
    let open = async || {
        let request = browser.request(Method::GET, path, Some(&signed_in.access_token));
        browser.app.open(request.body(Body::empty()).unwrap()).await
    };
    let (one, _two) = (open().await, open().await);
    get(&browser, &signed_in, path).await.assert_refused(429, "too_many_requests");
    let message = json!({ "conversation": "c", "message": "hello", "idempotency_key": "k" });
    let request = browser.request(Method::POST, "/api/chat", Some(&signed_in.access_token));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(message.to_string()));
    browser.app.send(request.unwrap()).await.assert_refused(429, "too_many_requests");
    drop(one);
    let _three = open().await;
}
