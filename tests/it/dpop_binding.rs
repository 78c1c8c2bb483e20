//! What is bound to a browser's key is worth nothing in another browser: codes, sessions and access tokens.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::auth::sessions::SessionLimits;
use serde_json::{Value, json};

use crate::support::{
    app::{Answer, TestApp, request},
    browser::Browser,
    provider::MockProvider,
};

const INVALID_TOKEN: &str = r#"DPoP error="invalid_token", algs="ES256""#;

#[tokio::test]
async fn a_code_carried_to_another_browser_is_refused_and_never_reaches_the_provider() {
    // T06: whoever carries it, the thief of a code or the one who wants another to use theirs.
    let provider = MockProvider::own().await;
    let owner = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let response = owner.authorized().await;
    owner.another().exchange(&response).await.assert_refused(400, "invalid_state");
    // Nor does it afterwards: the state was spent on the attempt (T08).
    owner.exchange(&response).await.assert_refused(400, "invalid_state");
    assert_eq!(provider.calls_of("token").await, 0);
    owner.sign_in().await;
    assert_eq!(provider.calls_of("token").await, 1);
}

#[tokio::test]
async fn a_code_without_any_proof_never_reaches_the_provider_and_its_login_goes_on() {
    // T06
    let browser = Browser::start();
    let response = browser.authorized().await;
    assert_proof_wanted(&browser.app.post("/api/token", &response).await);
    assert_eq!(browser.exchanges_seen().await, 0);
    browser.exchange(&response).await.assert_ok();
}

#[tokio::test]
async fn an_error_carried_to_another_browser_is_not_told_there() {
    // T06
    let browser = Browser::start();
    browser.set(json!({ "deny": true })).await;
    let response = browser.authorized().await;
    browser.another().exchange(&response).await.assert_refused(400, "invalid_state");
}

#[tokio::test]
async fn a_login_is_begun_for_a_browser_key_only() {
    // T06: RFC 9449 §10
    let browser = Browser::start();
    let key = browser.key.thumbprint().to_string();
    let not_canonical = format!("{}B", &key[..42]);
    for query in [
        String::new(),
        "?".into(),
        "?dpop_jkt".into(),
        "?dpop_jkt=".into(),
        format!("?dpop_jkt={}", &key[..42]),
        format!("?dpop_jkt={key}A"),
        format!("?dpop_jkt={key}="),
        format!("?dpop_jkt=%20{}", &key[1..]),
        format!("?dpop_jkt={not_canonical}"),
        format!("?dpop_jkt[]={key}"),
        format!("?dpop_jkt=x&dpop_jkt={key}"),
        format!("?DPOP_JKT={key}"),
    ] {
        let answer = browser.app.get(&format!("/api/authorize{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        answer.assert_refused(400, "malformed_request");
    }
    browser.ask_to_begin().await.assert_ok();
}

#[tokio::test]
async fn a_stolen_session_id_neither_refreshes_nor_logs_out_and_the_session_lives_on() {
    // T53
    let owner = Browser::start();
    let signed_in = owner.sign_in().await;
    let thief = owner.another();
    // Signed in as well: a key that is good for a session is not good for every one.
    thief.sign_in().await;
    thief.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    // As for a session that is not there: nothing tells the thief that there is one.
    let answer = thief.logout(&signed_in.session).await;
    answer.assert_ok();
    assert_eq!(answer.json(), thief.logout("never-there").await.json());
    for door in ["/api/refresh", "/api/logout"] {
        assert_proof_wanted(&owner.app.post(door, &json!({ "session": signed_in.session })).await);
    }
    assert_eq!(owner.refreshes_seen().await, 0);
    assert!(owner.is_let_in(&signed_in.access_token).await);
    owner.refreshed(&signed_in.session).await;
    owner.logout(&signed_in.session).await.assert_ok();
}

#[tokio::test]
async fn a_stolen_session_id_does_not_share_the_owners_refresh_under_way() {
    // T53, T46
    let owner = Browser::start();
    let session = owner.sign_in().await.session;
    owner.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
    let refresh = tokio::spawn({
        let (owner, session) = (owner.clone(), session.clone());
        async move { owner.refresh(&session).await }
    });
    owner.provider.until_refresh_is(&owner.user, "pending").await;
    owner.another().refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!refresh.is_finished());
    refresh.await.unwrap().assert_ok();
}

#[tokio::test]
async fn a_stolen_access_token_is_refused_with_the_thiefs_own_proof_and_as_a_bearer_token() {
    // T50
    let owner = Browser::start();
    let token = owner.sign_in().await.access_token;
    let thief = owner.another();
    thief.sign_in().await;
    for authorization in [format!("DPoP {token}"), format!("Bearer {token}")] {
        assert_token_refused(&thief.check_chat(&[&authorization]).await);
    }
    for method in [Method::GET, Method::POST] {
        assert_token_refused(&call(&owner, &method, &format!("Bearer {token}")).await);
        assert_proof_wanted(&call(&owner, &method, &format!("DPoP {token}")).await);
    }
    assert!(owner.is_let_in(&token).await);
}

#[tokio::test]
async fn the_owners_own_bearer_token_is_refused_even_with_a_good_proof() {
    // T50: RFC 9449 §7.1, no downgrade.
    let owner = Browser::start();
    let token = owner.sign_in().await.access_token;
    assert_token_refused(&owner.check_chat(&[&format!("Bearer {token}")]).await);
}

#[tokio::test]
async fn where_bearer_tokens_are_allowed_they_are_so_on_the_guarded_doors_only() {
    // T50, T53
    let provider = MockProvider::shared();
    let owner = Browser::at(TestApp::with_bearer_tokens_allowed(provider.settings()), provider);
    let signed_in = owner.sign_in().await;
    let bearer = format!("Bearer {}", signed_in.access_token);
    for method in [Method::GET, Method::POST] {
        call(&owner, &method, &bearer).await.assert_ok();
        assert_token_refused(&call(&owner, &method, "Bearer unknown").await);
    }
    assert!(owner.is_let_in(&signed_in.access_token).await);

    let response = owner.authorized().await;
    let session = json!({ "session": signed_in.session });
    for (door, body) in [("/api/token", &response), ("/api/refresh", &session), ("/api/logout", &session)] {
        let request = json_request(door).header(header::AUTHORIZATION, &bearer);
        assert_proof_wanted(&owner.app.send(request.body(Body::from(body.to_string())).unwrap()).await);
    }
    let thief = owner.another();
    thief.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    // Who comes with a proof is judged by it.
    assert_token_refused(&thief.check_chat(&[&format!("DPoP {}", signed_in.access_token)]).await);

    owner.logout(&signed_in.session).await.assert_ok();
    assert_token_refused(&call(&owner, &Method::GET, &bearer).await);
}

/// A call of a guarded door without a proof.
async fn call(browser: &Browser, method: &Method, authorization: &str) -> Answer {
    let message: Value = json!({ "conversation": "c", "message": "m", "idempotency_key": "k" });
    let request = request(method.clone(), "/api/chat")
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(message.to_string())).unwrap()).await
}

fn json_request(path: &str) -> axum::http::request::Builder {
    request(Method::POST, path).header(header::CONTENT_TYPE, "application/json")
}

#[track_caller]
fn assert_token_refused(answer: &Answer) {
    answer.assert_refused(401, "unauthenticated");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), INVALID_TOKEN);
}

#[track_caller]
fn assert_proof_wanted(answer: &Answer) {
    answer.assert_refused(401, "invalid_proof");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), r#"DPoP error="invalid_dpop_proof", algs="ES256""#);
}

#[tokio::test]
async fn a_stolen_session_id_does_not_share_a_refresh_that_outlasts_the_session() {
    // T53, T47
    let owner = Browser::start();
    owner.set(json!({ "access_token_ttl": 1_000_000, "id_token_ttl": 1_000_000 })).await;
    let session = owner.sign_in().await.session;
    owner.app.clock.jump(SessionLimits::default().idle_timeout - Duration::from_secs(10));
    owner.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
    let refresh = tokio::spawn({
        let (owner, session) = (owner.clone(), session.clone());
        async move { owner.refresh(&session).await }
    });
    owner.provider.until_refresh_is(&owner.user, "pending").await;
    owner.app.clock.jump(Duration::from_secs(10));
    owner.another().refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!refresh.is_finished());
    refresh.await.unwrap().assert_ok();
}
