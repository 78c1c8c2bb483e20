//! `POST /api/refresh` where the provider refuses or fails.

use std::time::Duration;

use axum::http::header;
use futures_util::future::join_all;
use oracle_ai::server::auth::oidc::{ClientAuthentication, ClientSecret, ProviderHttp};
use serde_json::{Value, json};

use crate::{
    store::memory,
    support::{
        app::{TestApp, storage, wait_until},
        browser::Browser,
        provider::MockProvider,
        scripted_provider::{Change, Script, ScriptedProvider, unix_seconds},
    },
};

/// A fault that is answered with this.
pub fn response_fault(status: u16, content_type: &str, body: &str) -> Value {
    json!({ "kind": "response", "status": status, "content_type": content_type, "body": body })
}

#[tokio::test]
async fn a_refused_grant_ends_the_session_at_once() {
    // T45
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    browser.set(json!({ "refresh_faults": [{ "kind": "invalid_grant" }] })).await;
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    // Nothing is left to ask the provider with.
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await, 1);
}

#[tokio::test]
async fn a_session_that_ended_at_the_provider_ends_at_the_next_refresh() {
    // T45, T109
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.provider.revoke(&browser.user).await;
    browser.refresh(&session).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn a_refusal_in_any_status_and_shape_ends_the_session() {
    // T45: each was taken for an outage, so that nobody was led to sign in again.
    for (status, content_type, body) in [
        (200, "application/json", r#"{"error":"bad_refresh_token"}"#),
        (200, "text/html", r#"{"error":"invalid_grant","error_description":["expired"]}"#),
        (200, "application/json", r#"{"access_token":"","error":"invalid_grant"}"#),
        (200, "application/json", r#"{"error":{"code":"invalid_grant","message":"expired"}}"#),
        (200, "application/x-www-form-urlencoded", "error=bad_refresh_token&error_description=expired"),
        (400, "application/json", r#"{"error":"TokenExpired","error_description":7}"#),
        (400, "text/html", "<html><h1>Bad request</h1></html>"),
        (401, "application/json", r#"{"error":"invalid_grant"}"#),
        (403, "application/json", r#"{"error":"invalid-token"}"#),
        (404, "application/json", r#"{"error":"invalid_grant"}"#),
    ] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "refresh_faults": [response_fault(status, content_type, body)] })).await;
        let answer = browser.refresh(&signed_in.session).await;
        assert_eq!(answer.status, 401, "{status} {body}: {answer:?}");
        answer.assert_refused(401, "session_ended");
        assert!(!browser.is_accepted(&signed_in.access_token).await, "{status} {body}");
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn an_outage_in_any_status_and_shape_leaves_the_session_unchanged() {
    // T45
    for (status, content_type, body) in [
        (200, "application/json", r#"{"error":"temporarily_unavailable"}"#),
        (200, "application/json", r#"{"error":"service_unavailable"}"#),
        (200, "text/html", "<html><h1>Sorry</h1></html>"),
        (302, "application/json", r#"{"error":"invalid_grant"}"#),
        (400, "application/json", r#"{"error":"slow_down"}"#),
        (400, "application/json", r#"{"error":"server_error"}"#),
        (403, "application/json", r#"{"error":"Forbidden"}"#),
        (403, "text/html", "<html><h1>Forbidden</h1></html>"),
        (404, "text/html", "<html><h1>Not found</h1></html>"),
        (429, "application/json", r#"{"error":"invalid_grant"}"#),
        (502, "application/json", r#"{"error":"invalid_grant"}"#),
    ] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "refresh_faults": [response_fault(status, content_type, body)] })).await;
        let answer = browser.refresh(&signed_in.session).await;
        assert_eq!(answer.status, 503, "{status} {body}: {answer:?}");
        answer.assert_refused(503, "provider_unavailable");
        assert!(browser.is_accepted(&signed_in.access_token).await, "{status} {body}");
        browser.refresh_access_token(&signed_in.session).await;
    }
}

#[tokio::test]
async fn a_refusal_of_this_client_leaves_the_session_unchanged() {
    // T45: what an operator has to correct must not sign everybody out.
    for (status, body) in [
        (400, r#"{"error":"unauthorized_client"}"#),
        (400, r#"{"error":"invalid_client"}"#),
        (401, r#"{"error":"invalid_client"}"#),
        (401, r#"{"error":"Unauthorized"}"#),
        (200, r#"{"error":"incorrect_client_credentials"}"#),
        (400, "error=invalid_client"),
    ] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "refresh_faults": [response_fault(status, "application/json", body)] })).await;
        browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
        assert!(browser.is_accepted(&signed_in.access_token).await, "{status} {body}");
        browser.refresh_access_token(&signed_in.session).await;
        assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 0);
    }
}

#[tokio::test]
async fn a_wrong_client_secret_ends_no_session_and_refreshes_succeed_once_it_is_corrected() {
    // T45
    let (provider, storage) = (MockProvider::shared(), storage(memory()));
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage.clone()), provider.clone());
    let signed_in = browser.sign_in().await;
    let mut settings = provider.settings();
    settings.client_authentication = ClientAuthentication::basic(ClientSecret::new("another"));
    let misconfigured = browser.with_app(TestApp::with_storage(settings, storage));
    for _ in 0..3 {
        misconfigured.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
    }
    assert!(browser.is_accepted(&signed_in.access_token).await);
    browser.refresh_access_token(&signed_in.session).await;
}

#[tokio::test]
async fn a_person_whose_refresh_keeps_failing_can_sign_in_again_which_ends_the_old_session() {
    // T54
    let browser = Browser::start();
    let old = browser.sign_in().await;
    let fault = response_fault(400, "application/json", r#"{"error":"unauthorized_client"}"#);
    browser.set(json!({ "refresh_faults": [fault] })).await;
    browser.refresh(&old.session).await.assert_refused(503, "provider_unavailable");
    let mut response = browser.authorization_response().await;
    response["previous_session"] = old.session.clone().into();
    browser.exchange(&response).await.assert_ok();
    browser.refresh(&old.session).await.assert_refused(401, "session_ended");
    let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await == 1;
    wait_until("the old refresh token is revoked", revoked).await;
}

#[tokio::test]
async fn an_inconclusive_provider_response_leaves_the_session_unchanged() {
    // T45
    for fault in ["server_error", "unavailable", "garbage", "reset"] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "refresh_faults": [{ "kind": fault, "times": 2 }] })).await;
        for _ in 0..2 {
            let answer = browser.refresh(&signed_in.session).await;
            answer.assert_refused(503, "provider_unavailable");
            assert_eq!(answer.header(header::RETRY_AFTER), answer.json()["data"]["retry_after"].to_string());
        }
        assert!(browser.is_accepted(&signed_in.access_token).await, "{fault}");
        browser.refresh_access_token(&signed_in.session).await;
    }
}

#[tokio::test]
async fn an_outage_of_the_whole_token_endpoint_is_survived() {
    // T45
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let session = browser.sign_in().await.session;
    provider.set_outage(&["token"]).await;
    browser.refresh(&session).await.assert_refused(503, "provider_unavailable");
    provider.set_outage(&[]).await;
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn a_provider_timeout_leaves_the_session_unchanged() {
    // T22, T45
    let provider = MockProvider::shared();
    let http = ProviderHttp::with_timeout(Duration::from_millis(500)).unwrap();
    let browser = Browser::at(TestApp::with(provider.settings(), http, memory()), provider);
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 20_000 }] })).await;
    browser.refresh(&session).await.assert_refused(503, "provider_unavailable");
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn all_callers_of_a_failed_refresh_get_the_same_error() {
    // T46
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1000 }] })).await;
    browser.provider.revoke(&browser.user).await;
    let answers = join_all((0..20).map(|_| browser.refresh(&session))).await;
    answers.iter().for_each(|answer| answer.assert_refused(401, "session_ended"));
    assert_eq!(browser.refreshes_seen().await, 1);
}

#[tokio::test]
async fn after_a_lost_response_the_old_refresh_token_is_tried_again() {
    // T44
    let browser = Browser::start();
    browser.set(json!({ "rotate_refresh_tokens": false, "refresh_faults": [{ "kind": "lost_answer" }] })).await;
    let session = browser.sign_in().await.session;
    browser.refresh(&session).await.assert_refused(503, "provider_unavailable");
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn a_refreshed_id_token_that_does_not_verify_ends_the_session() {
    // T42
    for fault in ["wrong_iss", "wrong_aud", "expired_id_token", "bad_signature", "alg_none"] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "refresh_faults": [{ "kind": fault }] })).await;
        let answer = browser.refresh(&signed_in.session).await;
        assert_eq!(answer.status, 401, "{fault}: {answer:?}");
        answer.assert_refused(401, "session_ended");
        assert!(!browser.is_accepted(&signed_in.access_token).await, "{fault}");
        // The refresh token that came with it is not stored.
        let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await == 1;
        wait_until("the new refresh token is revoked", revoked).await;
    }
}

#[tokio::test]
async fn a_refreshed_id_token_of_another_user_ends_the_session() {
    // T42. The mock provider doesn't play this one.
    let refused: [(&str, Change); 3] = [
        ("another person", |script| script.claims["sub"] = "uid=eve".into()),
        ("almost the same person", |script| script.claims["sub"] = "UID=ada,ou=people,dc=example".into()),
        ("another client", |script| script.claims["aud"] = "another".into()),
    ];
    for (who, change) in refused {
        let provider = ScriptedProvider::start().await;
        let login = provider.login(|_| {}).await.json();
        let answer = provider.refresh(login["session"].as_str().unwrap(), change).await;
        assert_eq!(answer.status, 401, "{who}: {answer:?}");
        answer.assert_refused(401, "session_ended");
    }
}

#[tokio::test]
async fn a_refreshed_id_token_with_another_nonce_ends_the_session() {
    // T42: it need not have one, but if it has, it is the login's (OpenID Connect Core §12.2).
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|_| {}).await.json();
    let answer = provider.refresh(login["session"].as_str().unwrap(), |script| script.claims["nonce"] = "x".into());
    answer.await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn a_refreshed_id_token_of_the_same_user_is_accepted() {
    // T42
    let provider = ScriptedProvider::start().await;
    let session = provider.login(|_| {}).await.json()["session"].clone();
    let refreshed = |change: Change| provider.refresh(session.as_str().unwrap(), change);
    refreshed(|_| {}).await.assert_ok();
    refreshed(|script| script.claims["iat"] = (unix_seconds() + 20).into()).await.assert_ok();
}

#[tokio::test]
async fn an_earlier_auth_time_than_at_the_login_ends_the_session() {
    // T42: it contradicts the login, and no later sign-in explains it.
    let provider = ScriptedProvider::start().await;
    let auth_time = unix_seconds() - 60;
    let login = provider.login(|script| script.claims["auth_time"] = auth_time.into()).await.json();
    let earlier = |script: &mut Script| script.claims["auth_time"] = (auth_time - 1).into();
    let answer = provider.refresh(login["session"].as_str().unwrap(), earlier).await;
    answer.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn a_login_without_a_refresh_token_ends_with_its_access_token() {
    // T47
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|script| script.members["refresh_token"] = Value::Null).await;
    login.assert_ok();
    let login = login.json();
    let access_token = login["access_token"].as_str().unwrap();
    assert!(provider.browser.is_accepted(access_token).await);
    provider.browser.app.clock.jump(Duration::from_secs(300));
    assert!(!provider.browser.is_accepted(access_token).await);
    provider.refresh(login["session"].as_str().unwrap(), |_| {}).await.assert_refused(401, "session_ended");
}
