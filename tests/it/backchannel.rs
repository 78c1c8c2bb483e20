//! `POST /backchannel-logout`: what the provider ends, and what it can't.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::sessions::{MemoryStore, OutageStore, Store};
use serde_json::{Value, json};

use crate::{
    app::{Answer, TestApp, request, until},
    browser::Browser,
    provider::MockProvider,
    store::Broken,
};

const PATH: &str = "/backchannel-logout";

#[tokio::test]
async fn a_sid_ends_that_session_and_no_other() {
    // T83, T84
    let browser = Browser::start();
    let one = browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    let elsewhere = browser.at_another_computer();
    let other = elsewhere.sign_in().await;
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_let_in(&one.access_token).await);
    browser.refresh(&one.session).await.assert_refused(401, "session_ended");
    assert!(elsewhere.is_let_in(&other.access_token).await);
}

#[tokio::test]
async fn a_sub_alone_ends_all_sessions_of_the_user_and_nobody_elses() {
    // T83
    let browser = Browser::start();
    let another = browser.another();
    let computers = [browser.clone(), browser.at_another_computer(), browser.at_another_computer()];
    let mut sessions = vec![];
    for computer in &computers {
        sessions.push(computer.sign_in().await);
    }
    let theirs = another.sign_in().await;
    browser.refreshed(&sessions[0].session).await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    for (computer, session) in computers.iter().zip(sessions) {
        assert!(!computer.is_let_in(&session.access_token).await);
        computer.refresh(&session.session).await.assert_refused(401, "session_ended");
    }
    assert!(another.is_let_in(&theirs.access_token).await);
    // There is nothing left to end, which is success too (T84).
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    // And whoever signs in again stays.
    let again = browser.sign_in().await;
    assert!(browser.is_let_in(&again.access_token).await);
}

#[tokio::test]
async fn there_is_no_front_channel_for_any_page_to_end_sessions_by() {
    // T86: it is not on.
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    let sid = claims_of(&token)["sid"].as_str().unwrap().to_owned();
    for path in ["/frontchannel-logout", "/backchannel-logout", "/logout", "/api/logout", "/signed-out"] {
        browser.app.get(&format!("{path}?iss={}&sid={sid}", browser.provider.issuer)).await;
        assert!(browser.is_let_in(&signed_in.access_token).await, "{path}");
    }
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 0);
}

#[tokio::test]
async fn a_token_that_fails_any_step_ends_nothing() {
    // T80, T81
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    for fault in
        ["wrong_aud", "wrong_iss", "nonce", "no_events", "no_jti", "no_typ", "expired", "bad_signature", "alg_none"]
    {
        let [token] = tokens(&browser, json!({ "by": "sub", "fault": fault })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    for claims in [
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sid": 7 }),
        json!({ "iat": null }),
        json!({ "exp": null }),
        json!({ "iat": 1 }),
        json!({ "iat": 4_000_000_000_u64 }),
        json!({ "nbf": 4_000_000_000_u64 }),
        json!({ "jti": "" }),
        json!({ "jti": 7 }),
        json!({ "nonce": false }),
        json!({ "events": [] }),
        json!({ "events": "http://schemas.openid.net/event/backchannel-logout" }),
        json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": true } }),
        json!({ "events": { "http://schemas.openid.net/event/another": {} } }),
    ] {
        let [token] = tokens(&browser, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    for header in
        [json!({ "typ": "JWT" }), json!({ "typ": "at+jwt" }), json!({ "crit": ["x"] }), json!({ "alg": "HS256" })]
    {
        let [token] = tokens(&browser, json!({ "by": "sub", "header": header })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    assert!(browser.is_let_in(&signed_in.access_token).await);
    // The same with nothing wrong.
    let [token] = tokens(&browser, json!({ "by": "sub", "header": { "typ": "application/Logout+JWT" } }))
        .await
        .try_into()
        .unwrap();
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_let_in(&signed_in.access_token).await);
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    // T36, T80
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let id_token = browser.app.session(&signed_in.session).await.unwrap().id_token;
    send(&browser, id_token.secret()).await.assert_invalid();
    assert!(browser.is_let_in(&signed_in.access_token).await);
}

#[tokio::test]
async fn untyped_tokens_are_taken_where_the_operator_says_so_and_other_kinds_never() {
    // T81
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.logout.untyped_tokens_allowed = true;
    let browser = Browser::at(TestApp::new(settings), provider);
    for (order, is_taken) in [
        (json!({ "by": "sub", "fault": "no_typ" }), true),
        (json!({ "by": "sub", "header": { "typ": "JWT" } }), true),
        (json!({ "by": "sub", "header": { "typ": "at+jwt" } }), false),
        (json!({ "by": "sub", "header": { "typ": "dpop+jwt" } }), false),
        (json!({ "by": "sub", "fault": "nonce" }), false),
    ] {
        let [token] = tokens(&browser, order).await.try_into().unwrap();
        let answer = send(&browser, &token).await;
        if is_taken { answer.assert_done() } else { answer.assert_invalid() }
    }
}

#[tokio::test]
async fn a_logout_token_is_good_once_and_a_second_time_ends_nothing() {
    // T82
    let browser = Browser::start();
    browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    let again = browser.sign_in().await;
    send(&browser, &token).await.assert_invalid();
    assert!(browser.is_let_in(&again.access_token).await);
    // And by the time it is forgotten, it is too old.
    browser.app.clock.jump(Duration::from_secs(3600));
    send(&browser, &token).await.assert_invalid();
}

#[tokio::test]
async fn a_store_that_is_away_is_no_success_and_the_token_is_good_when_it_is_back() {
    // T82
    let provider = MockProvider::shared();
    for store in [
        Arc::new(Broken { can_spend: false }) as Arc<dyn Store>,
        Arc::new(Broken { can_spend: true }),
        Arc::new(OutageStore::new(Arc::new(Broken { can_spend: false }))),
    ] {
        let http = oracle_ai::server::oidc::ProviderHttp::new().unwrap();
        let app = TestApp::with(provider.settings(), http, store);
        let browser = Browser::at(app, provider.clone());
        let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
        let answer = send(&browser, &token).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        let elsewhere = browser.elsewhere(TestApp::with(
            provider.settings(),
            oracle_ai::server::oidc::ProviderHttp::new().unwrap(),
            Arc::new(MemoryStore::new()),
        ));
        send(&elsewhere, &token).await.assert_done();
    }
}

#[tokio::test]
async fn a_login_in_flight_when_its_user_is_logged_out_does_not_survive() {
    // T83
    let browser = Browser::start();
    let response = browser.authorized().await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    // The provider would refuse the code; one that does not is what this is about.
    let late = browser.authorized().await;
    send(&browser, &token).await.assert_done();
    browser.exchange(&late).await.assert_refused(400, "invalid_state");
    assert_ne!(browser.exchange(&response).await.status, 200);
    until("its refresh token is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await >= 1)
        .await;
    // One that is begun afterwards does.
    let again = browser.sign_in().await;
    assert!(browser.is_let_in(&again.access_token).await);
}

#[tokio::test]
async fn what_is_no_form_with_one_logout_token_is_an_invalid_request() {
    // T84
    let browser = Browser::start();
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    let form = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        (form, String::new()),
        (form, "logout_token=".into()),
        (form, "logout_token=made-up".into()),
        (form, "token=x".into()),
        (form, format!("logout_token={token}&logout_token={token}")),
        (form, format!("logout_token={}", "x".repeat(20_000))),
        ("application/json", format!("{{\"logout_token\":\"{token}\"}}")),
        ("text/plain", format!("logout_token={token}")),
    ] {
        Sent(browser.app.post_body(PATH, content_type, body).await).assert_invalid();
    }
    let get = request(Method::GET, PATH).body(Body::empty()).unwrap();
    assert_eq!(browser.app.send(get).await.status, 405);
    // Other fields are ignored.
    let body = format!("more=x&logout_token={token}&sid=another");
    Sent(browser.app.post_body(PATH, form, body).await).assert_done();
}

/// The provider's logout tokens for this person, not sent.
async fn tokens(browser: &Browser, mut order: Value) -> Vec<String> {
    order["keep"] = true.into();
    browser.provider.log_out(&browser.user, order).await
}

async fn send(browser: &Browser, token: &str) -> Sent {
    let form = "application/x-www-form-urlencoded";
    Sent(browser.app.post_body(PATH, form, format!("logout_token={token}")).await)
}

struct Sent(Answer);

impl std::ops::Deref for Sent {
    type Target = Answer;

    fn deref(&self) -> &Answer {
        &self.0
    }
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Sent {
    #[track_caller]
    fn assert_done(&self) {
        self.assert_ok();
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
    }

    #[track_caller]
    fn assert_invalid(&self) {
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!(self.json()["error"], "invalid_request");
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
    }
}

/// What a logout token says.
fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
