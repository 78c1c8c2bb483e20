//! Codes, sessions and access tokens are bound to a DPoP key, and useless in another browser.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::auth::sessions::SessionLimits;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, TestResponse, request},
    browser::Browser,
    provider::MockProvider,
};

const INVALID_TOKEN: &str = r#"DPoP error="invalid_token", algs="ES256""#;

#[tokio::test]
async fn a_code_from_another_browser_is_refused_without_calling_the_provider() {
    // T06: for a stolen code and for a code that an attacker makes a victim use.
    let provider = MockProvider::dedicated().await;
    let owner = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let response = owner.authorization_response().await;
    owner.other_user().exchange(&response).await.assert_refused(400, "invalid_state");
    // Nor later: the attempt has used up the state (T08).
    owner.exchange(&response).await.assert_refused(400, "invalid_state");
    assert_eq!(provider.calls_of("token").await, 0);
    owner.sign_in().await;
    assert_eq!(provider.calls_of("token").await, 1);
}

#[tokio::test]
async fn a_code_without_a_proof_is_refused_and_the_login_can_still_complete() {
    // T06
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    assert_proof_wanted(&browser.app.post("/api/token", &response).await);
    assert_eq!(browser.exchanges_seen().await, 0);
    browser.exchange(&response).await.assert_ok();
}

#[tokio::test]
async fn an_authorization_error_is_not_revealed_to_another_browser() {
    // T06
    let browser = Browser::start();
    browser.set(json!({ "deny": true })).await;
    let response = browser.authorization_response().await;
    browser.other_user().exchange(&response).await.assert_refused(400, "invalid_state");
}

#[tokio::test]
async fn a_login_requires_a_dpop_key() {
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
    browser.request_authorize().await.assert_ok();
}

#[tokio::test]
async fn a_stolen_session_id_can_neither_refresh_nor_log_out() {
    // T53
    let owner = Browser::start();
    let signed_in = owner.sign_in().await;
    let thief = owner.other_user();
    // The thief is signed in too: a valid key is valid for its own session only.
    thief.sign_in().await;
    thief.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    // The same response as for an unknown session, so that the thief does not learn that it exists.
    let answer = thief.logout(&signed_in.session).await;
    answer.assert_ok();
    assert_eq!(answer.json(), thief.logout("never-there").await.json());
    for path in ["/api/refresh", "/api/logout"] {
        assert_proof_wanted(&owner.app.post(path, &json!({ "session": signed_in.session })).await);
    }
    assert_eq!(owner.refreshes_seen().await, 0);
    assert!(owner.is_accepted(&signed_in.access_token).await);
    owner.refresh_access_token(&signed_in.session).await;
    owner.logout(&signed_in.session).await.assert_ok();
}

#[tokio::test]
async fn a_stolen_session_id_cannot_join_the_owners_running_refresh() {
    // T53, T46
    let owner = Browser::start();
    let session = owner.sign_in().await.session;
    owner.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
    let refresh = tokio::spawn({
        let (owner, session) = (owner.clone(), session.clone());
        async move { owner.refresh(&session).await }
    });
    owner.provider.wait_for_refresh(&owner.user, "pending").await;
    owner.other_user().refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!refresh.is_finished());
    refresh.await.unwrap().assert_ok();
}

#[tokio::test]
async fn a_stolen_access_token_is_refused_with_the_thiefs_own_proof_and_as_a_bearer_token() {
    // T50
    let owner = Browser::start();
    let token = owner.sign_in().await.access_token;
    let thief = owner.other_user();
    thief.sign_in().await;
    for authorization in [format!("DPoP {token}"), format!("Bearer {token}")] {
        assert_token_refused(&thief.check_chat(&[&authorization]).await);
    }
    for method in [Method::GET, Method::POST] {
        assert_token_refused(&call(&owner, &method, &format!("Bearer {token}")).await);
        assert_proof_wanted(&call(&owner, &method, &format!("DPoP {token}")).await);
    }
    assert!(owner.is_accepted(&token).await);
}

#[tokio::test]
async fn a_bearer_token_is_refused_even_from_its_owner_with_a_valid_proof() {
    // T50: RFC 9449 §7.1, no downgrade.
    let owner = Browser::start();
    let token = owner.sign_in().await.access_token;
    assert_token_refused(&owner.check_chat(&[&format!("Bearer {token}")]).await);
}

#[tokio::test]
async fn bearer_tokens_can_be_allowed_on_the_guarded_endpoints_only() {
    // T50, T53
    let provider = MockProvider::shared();
    let owner = Browser::at(TestApp::with_bearer_tokens_allowed(provider.settings()), provider);
    let signed_in = owner.sign_in().await;
    let bearer = format!("Bearer {}", signed_in.access_token);
    for method in [Method::GET, Method::POST] {
        call(&owner, &method, &bearer).await.assert_ok();
        assert_token_refused(&call(&owner, &method, "Bearer unknown").await);
    }
    assert!(owner.is_accepted(&signed_in.access_token).await);

    let response = owner.authorization_response().await;
    let session = json!({ "session": signed_in.session });
    for (path, body) in [("/api/token", &response), ("/api/refresh", &session), ("/api/logout", &session)] {
        let request = json_request(path).header(header::AUTHORIZATION, &bearer);
        assert_proof_wanted(&owner.app.send(request.body(Body::from(body.to_string())).unwrap()).await);
    }
    let thief = owner.other_user();
    thief.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    // Who comes with a proof is judged by it.
    assert_token_refused(&thief.check_chat(&[&format!("DPoP {}", signed_in.access_token)]).await);

    owner.logout(&signed_in.session).await.assert_ok();
    assert_token_refused(&call(&owner, &Method::GET, &bearer).await);
}

/// A request to a guarded endpoint without a proof.
async fn call(browser: &Browser, method: &Method, authorization: &str) -> TestResponse {
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
fn assert_token_refused(answer: &TestResponse) {
    answer.assert_refused(401, "unauthenticated");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), INVALID_TOKEN);
}

#[track_caller]
fn assert_proof_wanted(answer: &TestResponse) {
    answer.assert_refused(401, "invalid_proof");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), r#"DPoP error="invalid_dpop_proof", algs="ES256""#);
}

#[tokio::test]
async fn a_stolen_session_id_cannot_join_a_refresh_that_outlasts_the_session() {
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
    owner.provider.wait_for_refresh(&owner.user, "pending").await;
    owner.app.clock.jump(Duration::from_secs(10));
    owner.other_user().refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!refresh.is_finished());
    refresh.await.unwrap().assert_ok();
}
