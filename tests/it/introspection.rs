//! Access tokens checked at the provider (`ACCESS_TOKEN_CHECK=introspection`, RFC 7662).

use std::time::Duration;

use futures_util::future::join_all;
use oracle_ai::server::auth::{
    access_token::{ACTIVE_CACHED_FOR, AccessTokenCheck, GuardSettings, INACTIVE_CACHED_FOR},
    oidc::{ClientAuthentication, ClientSecret},
};
use serde_json::{Value, json};

use crate::{
    jwt_access_token::{API, with_bearer_tokens},
    refresh_failures::response_fault,
    support::{
        app::TestApp,
        browser::Browser,
        provider::{CLIENT_SECRET, MockProvider},
        scripted_provider::unix_seconds,
    },
};

const MOMENT: Duration = Duration::from_secs(1);

pub fn guard() -> GuardSettings {
    GuardSettings { check: AccessTokenCheck::Introspection { audience: None }, ..GuardSettings::default() }
}

pub fn guard_of_api() -> GuardSettings {
    let check = AccessTokenCheck::Introspection { audience: Some(API.into()) };
    with_bearer_tokens(GuardSettings { check, ..GuardSettings::default() })
}

/// An access token that the same provider issued to another server for this user.
async fn foreign_token(browser: &Browser, settings: Value) -> String {
    browser.set(settings).await;
    browser.with_app(TestApp::new(browser.provider.settings())).sign_in().await.access_token
}

#[tokio::test]
async fn an_introspection_result_is_cached() {
    // T71
    let browser = Browser::with_guard(guard());
    // Slow, so that all ask while the question is under way.
    browser.set(json!({ "introspection_faults": [{ "kind": "slow", "ms": 200 }] })).await;
    let token = browser.sign_in().await.access_token;
    let all = join_all((0..10).map(|_| browser.is_accepted(&token))).await;
    assert!(all.into_iter().all(|is_accepted| is_accepted));
    for _ in 0..10 {
        assert!(browser.is_accepted(&token).await);
    }
    assert_eq!(browser.introspections_seen().await, 1);
}

#[tokio::test]
async fn a_revoked_token_is_accepted_for_at_most_thirty_seconds() {
    // T71
    let browser = Browser::with_guard(guard());
    let token = browser.sign_in().await.access_token;
    assert!(browser.is_accepted(&token).await);
    browser.provider.revoke(&browser.user).await;
    browser.app.clock.jump(ACTIVE_CACHED_FOR - MOMENT * 5);
    assert!(browser.is_accepted(&token).await);
    assert_eq!(browser.introspections_seen().await, 1);
    browser.app.clock.jump(MOMENT * 5);
    assert!(!browser.is_accepted(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
    // It is refused without another introspection.
    browser.app.clock.jump(ACTIVE_CACHED_FOR);
    assert!(!browser.is_accepted(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
}

#[tokio::test]
async fn a_result_is_not_cached_beyond_the_tokens_expiry() {
    // T71, T72
    for as_text in [false, true] {
        let browser = Browser::with_guard(guard());
        let exp = unix_seconds() + 15;
        let exp = if as_text { json!(exp.to_string()) } else { json!(exp) };
        browser.set(json!({ "introspection_members": { "exp": exp } })).await;
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_accepted(&token).await);
        browser.app.clock.jump(Duration::from_secs(15));
        assert!(!browser.is_accepted(&token).await);
        assert_eq!(browser.introspections_seen().await, 2);
    }
}

#[tokio::test]
async fn a_result_that_is_not_active_for_this_audience_and_time_is_refused() {
    let now = unix_seconds();
    for (members, why) in [
        (json!({ "active": "true" }), "T71: a text"),
        (json!({ "active": 1 }), "T71: a number"),
        (json!({ "active": null }), "T71: nothing"),
        (json!({ "active": false }), "T71: not active"),
        (json!({ "exp": now - 1 }), "T71: past"),
        (json!({ "exp": "soon" }), "T71: no time"),
        (json!({ "nbf": (now + 120).to_string() }), "T72: not yet"),
        (json!({ "iat": now + 120 }), "from the future"),
        (json!({ "aud": "https://other.example.com" }), "T70: for another"),
        (json!({ "aud": null }), "T70: for nobody"),
        // T36: each was let in.
        (json!({ "token_type": "refresh_token" }), "T36: a refresh token"),
        (json!({ "typ": "Refresh" }), "T36: a refresh token, as Keycloak says it"),
        (json!({ "typ": "ID" }), "T36: an ID token, as Keycloak says it"),
        (json!({ "typ": "Logout" }), "T36: a logout token"),
        (json!({ "token_use": "refresh_token" }), "T36: a refresh token, as Hydra says it"),
        (json!({ "token_type": "unheard-of" }), "T36: of an unknown type"),
        (json!({ "token_type": ["Bearer"] }), "T36: of no kind"),
        (json!({ "cnf": { "x5t#S256": "a" } }), "T74: bound to a certificate"),
        (json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }), "T74: bound to another key"),
    ] {
        let browser = Browser::with_guard(guard_of_api());
        browser.set(json!({ "introspection_members": members })).await;
        let token = browser.sign_in().await.access_token;
        assert!(!browser.is_accepted(&token).await, "{why}");
        assert!(!browser.is_accepted_as_bearer(&token).await, "{why}");
    }
}

#[tokio::test]
async fn unusual_introspection_responses_of_real_providers_are_accepted() {
    for settings in [
        // T72
        json!({ "introspection_numbers_as_strings": true }),
        json!({ "introspection_members": { "aud": ["https://other.example.com", API], "scope": ["openid", "chat"] } }),
        json!({ "introspection_members": {
            "exp": null, "iat": null, "iss": null, "sub": null, "client_id": null, "scope": null, "token_type": null,
        } }),
        json!({ "introspection_members": { "ext": { "a": [1] }, "username": 7, "token_type": "bearer" } }),
        json!({ "introspection_members": { "typ": "Bearer", "token_use": "access_token", "token_type": "DPoP" } }),
    ] {
        let browser = Browser::with_guard(guard_of_api());
        browser.set(settings.clone()).await;
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_accepted(&token).await, "{settings}");
    }
}

#[tokio::test]
async fn while_the_provider_is_down_unknown_tokens_get_a_503_instead_of_a_401() {
    // T105
    for fault in ["unavailable", "server_error", "garbage", "empty", "reset"] {
        let browser = Browser::with_guard(guard());
        let other_browser = browser.with_new_key();
        let known = other_browser.sign_in().await.access_token;
        assert!(other_browser.is_accepted(&known).await);
        browser.set(json!({ "introspection_faults": [{ "kind": fault, "times": 0 }] })).await;
        let token = browser.sign_in().await.access_token;
        for _ in 0..2 {
            browser.check_chat(&[&format!("DPoP {token}")]).await.assert_refused(503, "unavailable");
        }
        // What was known before counts until its end, and not a moment longer.
        assert!(other_browser.is_accepted(&known).await, "{fault}");
        browser.app.clock.jump(ACTIVE_CACHED_FOR);
        other_browser.check_chat(&[&format!("DPoP {known}")]).await.assert_refused(503, "unavailable");
        // And all is well again with the provider.
        browser.set(json!({ "introspection_faults": [] })).await;
        assert!(browser.is_accepted(&token).await, "{fault}");
        assert!(other_browser.is_accepted(&known).await, "{fault}");
    }
}

#[tokio::test]
async fn an_error_with_status_200_is_an_outage_and_invalid_token_is_none() {
    // T105
    for (status, body, answer) in [
        (200, r#"{"error":"temporarily_unavailable"}"#, (503, "unavailable")),
        (200, r#"{"error":"invalid_client"}"#, (503, "unavailable")),
        (400, r#"{"error":"invalid_request"}"#, (503, "unavailable")),
        (400, r#"{"error":"invalid_token"}"#, (401, "unauthenticated")),
        (200, r#"{"error":"invalid_token"}"#, (401, "unauthenticated")),
        (200, r#"{"error":"invalid_request","active":false}"#, (401, "unauthenticated")),
    ] {
        let browser = Browser::with_guard(guard());
        let token = browser.sign_in().await.access_token;
        browser.set(json!({ "introspection_faults": [response_fault(status, "application/json", body)] })).await;
        let (expected, kind) = answer;
        browser.check_chat(&[&format!("DPoP {token}")]).await.assert_refused(expected, kind);
    }
}

#[tokio::test]
async fn a_foreign_token_is_accepted_if_its_audience_and_binding_match() {
    // T74
    let browser = Browser::with_guard(guard_of_api());
    let token = foreign_token(&browser, json!({})).await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    assert!(!browser.is_accepted(&token).await);
    let bound = json!({ "access_token_claims": { "cnf": { "jkt": browser.key.thumbprint().to_string() } } });
    let token = foreign_token(&browser, bound).await;
    assert!(browser.is_accepted(&token).await);
    assert!(!browser.is_accepted_as_bearer(&token).await);
    assert!(!browser.other_user().is_accepted(&token).await);
}

#[tokio::test]
async fn without_a_configured_audience_foreign_tokens_are_refused_without_introspection() {
    for guard in [guard(), with_bearer_tokens(guard())] {
        let browser = Browser::with_guard(guard);
        let token = foreign_token(&browser, json!({})).await;
        assert!(!browser.is_accepted(&token).await);
        assert!(!browser.is_accepted_as_bearer(&token).await);
        assert_eq!(browser.introspections_seen().await, 0);
    }
}

#[tokio::test]
async fn a_token_with_another_issuer_or_no_subject_is_refused() {
    for members in [json!({ "iss": "https://other.example.com" }), json!({ "sub": null }), json!({ "sub": "" })] {
        let browser = Browser::with_guard(guard_of_api());
        let token = foreign_token(&browser, json!({ "introspection_members": members })).await;
        assert!(!browser.is_accepted_as_bearer(&token).await, "{members}");
    }
}

#[tokio::test]
async fn an_inactive_result_is_cached_briefly() {
    let browser = Browser::with_guard(guard_of_api());
    let token = foreign_token(&browser, json!({ "introspection_members": { "active": false } })).await;
    for _ in 0..3 {
        assert!(!browser.is_accepted_as_bearer(&token).await);
    }
    assert_eq!(browser.introspections_seen().await, 1);
    // It may just not have been known everywhere yet.
    browser.set(json!({ "introspection_members": {} })).await;
    browser.app.clock.jump(INACTIVE_CACHED_FOR);
    assert!(browser.is_accepted_as_bearer(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
}

#[tokio::test]
async fn introspections_of_unknown_tokens_are_limited() {
    let browser = Browser::with_guard(guard_of_api());
    let own = browser.sign_in().await.access_token;
    let strangers = join_all((0..17).map(async |_| {
        let stranger = browser.other_user();
        let token = foreign_token(&stranger, json!({ "introspection_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
        (stranger, token)
    }))
    .await;
    let flood = join_all(strangers.iter().map(|(stranger, token)| stranger.check_chat_as_bearer(token)));
    let (answers, is_accepted) = tokio::join!(flood, browser.is_accepted(&own));
    assert!(is_accepted, "what was issued here is asked about at once");
    let of_status = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of_status(200), of_status(503)), (16, 1));
}

#[tokio::test]
async fn introspection_uses_the_registered_client_authentication() {
    let provider = MockProvider::shared();
    for client_authentication in [ClientAuthentication::basic, ClientAuthentication::post] {
        let mut settings = provider.settings();
        settings.client_authentication = client_authentication(ClientSecret::new(CLIENT_SECRET));
        let browser = Browser::at(TestApp::with_guard(settings, guard()), provider.clone());
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_accepted(&token).await);
    }
}

#[tokio::test]
async fn the_configured_introspection_endpoint_overrides_the_metadata() {
    let (provider, other) = (MockProvider::shared(), MockProvider::dedicated().await);
    let mut settings = provider.settings();
    settings.metadata.endpoints.insert("introspection_endpoint", format!("{}/introspect", other.issuer));
    let browser = Browser::at(TestApp::with_guard(settings, guard()), provider);
    let token = browser.sign_in().await.access_token;
    assert!(!browser.is_accepted(&token).await, "the other endpoint does not know the token");
    assert_eq!(other.calls_of("introspect").await, 1);
    assert_eq!(browser.introspections_seen().await, 0);
}
