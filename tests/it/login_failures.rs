//! `POST /api/token` where the provider fails.

use std::time::Duration;

use openidconnect::{ClientId, RedirectUrl};
use oracle_ai::{
    mock::provider::{Client, Profile},
    server::auth::oidc::{ClientAuthentication, ClientSecret, ProviderHttp},
};
use serde_json::{Value, json};

use crate::{
    refresh_failures::response_fault,
    store::memory,
    support::{
        app::TestApp,
        browser::Browser,
        provider::{MockProvider, client},
    },
};

#[tokio::test]
async fn an_inconclusive_token_response_is_unavailable_and_the_login_starts_again() {
    for fault in ["server_error", "unavailable", "garbage", "reset", "lost_answer", "missing_access_token"] {
        let browser = Browser::start();
        browser.set(json!({ "token_faults": [{ "kind": fault }] })).await;
        let response = browser.authorization_response().await;
        browser.exchange(&response).await.assert_refused(502, "provider_unavailable");
        // T08
        browser.exchange(&response).await.assert_refused(400, "invalid_state");
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn a_provider_that_refuses_the_code_fails_the_login() {
    for fault in ["invalid_grant", "empty"] {
        let browser = Browser::start();
        browser.set(json!({ "token_faults": [{ "kind": fault }] })).await;
        browser.login().await.assert_refused(401, "login_failed");
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn an_error_fails_the_login_in_any_status_and_shape() {
    // An error with status 200 was taken for an outage.
    for (status, content_type, body) in [
        (200, "application/json", r#"{"error":"bad_verification_code"}"#),
        (200, "application/x-www-form-urlencoded", "error=bad_verification_code"),
        (200, "application/json", r#"{"error":{"message":"expired"},"access_token":null}"#),
        (400, "text/html", "<html><h1>Bad request</h1></html>"),
        (403, "application/json", r#"{"error":"invalid_code"}"#),
        (404, "application/json", r#"{"error":"invalid_grant"}"#),
    ] {
        let browser = Browser::start();
        browser.set(json!({ "token_faults": [response_fault(status, content_type, body)] })).await;
        let answer = browser.login().await;
        assert_eq!(answer.status, 401, "{status} {body}: {answer:?}");
        answer.assert_refused(401, "login_failed");
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn a_refusal_of_this_client_or_an_error_that_means_later_is_a_provider_problem() {
    for (status, body) in [
        (200, r#"{"error":"incorrect_client_credentials"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (200, r#"{"error":"temporarily_unavailable"}"#),
        (400, r#"{"error":"slow_down"}"#),
        (503, r#"{"error":"invalid_grant"}"#),
    ] {
        let browser = Browser::start();
        browser.set(json!({ "token_faults": [response_fault(status, "application/json", body)] })).await;
        browser.login().await.assert_refused(502, "provider_unavailable");
    }
}

#[tokio::test]
async fn a_pushed_request_that_the_provider_refuses_is_no_outage() {
    // RFC 9126 §2.3: another try would be refused, too.
    let provider = MockProvider::with_profile(Profile::Plain, Client { pushes_requests: true, ..client() }).await;
    let mut settings = provider.settings();
    settings.redirect_uri = RedirectUrl::new("http://localhost:8080/not-registered".into()).unwrap();
    let browser = Browser::at(TestApp::new(settings), provider);
    let answer = browser.request_authorize().await;
    answer.assert_refused(401, "login_refused");
    assert_eq!(answer.json()["data"], json!({ "kind": "login_refused", "error": "other" }));
}

/// An authorization response with this error is refused with this data.
async fn answers_with_and_without_state(browser: &Browser, error: &str, description: &str, expected: &Value) {
    for has_state in [true, false] {
        let mut response = json!({ "error": error, "error_description": description });
        if has_state {
            response["state"] = browser.start_login().await.state.into();
        }
        let answer = browser.exchange(&response).await;
        answer.assert_refused(401, "login_refused");
        assert_eq!(answer.json()["data"], *expected, "{error}, state: {has_state}");
    }
}

#[tokio::test]
async fn a_login_is_begun_again_after_an_error_that_the_next_one_is_not_likely_to_meet() {
    // T40
    let browser = Browser::start();
    for (error, description, kind) in [
        ("temporarily_unavailable", "authentication_expired", "temporarily_unavailable"),
        ("login_required", "", "interaction_required"),
        ("interaction_required", "", "interaction_required"),
        ("consent_required", "", "interaction_required"),
        ("account_selection_required", "", "interaction_required"),
    ] {
        let expected = json!({ "kind": "login_refused", "error": kind, "restart": true });
        answers_with_and_without_state(&browser, error, description, &expected).await;
    }
}

#[tokio::test]
async fn every_other_error_is_explained_with_and_without_state() {
    // T40
    let browser = Browser::start();
    for (error, description, kind) in [
        ("access_denied", "", "access_denied"),
        ("access_denied", "authentication_expired", "access_denied"),
        ("temporarily_unavailable", "maintenance", "temporarily_unavailable"),
        ("server_error", "", "temporarily_unavailable"),
        ("invalid_scope", "", "other"),
        ("out_of_cheese", "", "other"),
    ] {
        let expected = json!({ "kind": "login_refused", "error": kind });
        answers_with_and_without_state(&browser, error, description, &expected).await;
    }
}

#[tokio::test]
async fn a_login_that_has_expired_before_its_response_is_begun_again() {
    // T09: the login page was open for too long, or the server that knew of it was restarted.
    let is_restarted = async |browser: &Browser, response: &Value| {
        let answer = browser.exchange(response).await;
        answer.assert_refused(400, "invalid_state");
        answer.json()["data"]["restart"] == true
    };
    let browser = Browser::start();
    let [with_code, with_error, denied] =
        [browser.start_login().await, browser.start_login().await, browser.start_login().await];
    browser.app.clock.jump(Duration::from_secs(11 * 60));
    assert!(is_restarted(&browser, &json!({ "code": "abc", "state": with_code.state })).await);
    assert!(is_restarted(&browser, &json!({ "error": "login_required", "state": with_error.state })).await);
    let denied = json!({ "error": "access_denied", "state": denied.state });
    assert!(!is_restarted(&browser, &denied).await, "the person has to read that");
    let mut forgotten = json!({ "code": "abc", "state": "forgotten" });
    assert!(!is_restarted(&browser, &forgotten).await, "nobody here has begun it");
    forgotten["begun_here"] = true.into();
    assert!(is_restarted(&browser, &forgotten).await);

    let browser = Browser::start();
    let mut used = browser.authorization_response().await;
    browser.exchange(&used).await.assert_ok();
    used["begun_here"] = true.into();
    assert!(!is_restarted(&browser, &used).await, "it has succeeded already");
    let others = browser.other_user().authorization_response().await;
    assert!(!is_restarted(&browser, &others).await, "another browser has begun it");
}

#[tokio::test]
async fn a_code_without_state_is_not_sent_to_the_provider() {
    let browser = Browser::start();
    let mut response = browser.authorization_response().await;
    response.as_object_mut().unwrap().remove("state");
    browser.exchange(&response).await.assert_field_refused("state");
    response["error"] = "access_denied".into();
    browser.exchange(&response).await.assert_field_refused("code");
    assert_eq!(browser.exchanges_seen().await, 0);
}

#[tokio::test]
async fn an_error_without_state_that_names_another_issuer_is_refused() {
    // T15
    let response = json!({ "error": "login_required", "iss": "https://provider.example" });
    Browser::start().exchange(&response).await.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn an_unknown_code_fails_the_login() {
    let browser = Browser::start();
    for code in ["made-up", "", "a b&c=d\r\n", "ü"] {
        let response =
            json!({ "code": code, "state": browser.start_login().await.state, "iss": browser.provider.issuer });
        browser.exchange(&response).await.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn a_code_of_another_login_fails_because_its_verifier_differs() {
    // T04: the code was asked for with the challenge of another state.
    let browser = Browser::start();
    let mut response = browser.authorization_response().await;
    response["state"] = browser.start_login().await.state.into();
    browser.exchange(&response).await.assert_refused(401, "login_failed");
    // By the provider, before there is an ID token whose nonce differs as well.
    assert_eq!(browser.provider.outcomes_for(&browser.user, "token").await, ["invalid_grant"]);
}

#[tokio::test]
async fn wrong_client_credentials_are_reported_as_a_provider_problem() {
    let provider = MockProvider::shared();
    let (mut other_secret, mut other_id) = (provider.settings(), provider.settings());
    other_secret.client_authentication = ClientAuthentication::basic(ClientSecret::new("another"));
    other_id.client_id = ClientId::new("another".into());
    let browser = Browser::at(TestApp::new(other_secret), provider.clone());
    browser.login().await.assert_refused(502, "provider_unavailable");

    let browser = Browser::at(TestApp::new(other_id), provider);
    let response = json!({ "code": "any", "state": browser.start_login().await.state, "iss": browser.provider.issuer });
    browser.exchange(&response).await.assert_refused(502, "provider_unavailable");
}

#[tokio::test]
async fn a_slow_provider_is_waited_for() {
    let browser = Browser::start();
    browser.set(json!({ "token_faults": [{ "kind": "slow", "ms": 300 }] })).await;
    browser.sign_in().await;
}

#[tokio::test]
async fn a_provider_slower_than_the_timeout_is_unavailable() {
    // T22
    let provider = MockProvider::shared();
    let http = ProviderHttp::with_timeout(Duration::from_millis(500)).unwrap();
    let browser = Browser::at(TestApp::with(provider.settings(), http, memory()), provider);
    browser.start_login().await;
    browser.set(json!({ "token_faults": [{ "kind": "slow", "ms": 20_000 }] })).await;
    browser.login().await.assert_refused(502, "provider_unavailable");
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_code_exchange_is_unavailable() {
    let provider = MockProvider::dedicated().await;
    let mut browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let response = browser.authorization_response().await;
    browser.provider = MockProvider::shared();
    provider.stop().await;
    browser.exchange(&response).await.assert_refused(502, "provider_unavailable");
}

#[tokio::test]
async fn a_failed_login_leaves_no_valid_token() {
    let browser = Browser::start();
    browser.set(json!({ "token_faults": [{ "kind": "wrong_nonce" }] })).await;
    let answer = browser.login().await;
    answer.assert_refused(401, "login_failed");
    assert!(!answer.text.contains("access_token"), "{}", answer.text);
}
