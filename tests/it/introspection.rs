//! Access tokens judged by the provider (`ACCESS_TOKEN_CHECK=introspection`, RFC 7662).

use std::time::Duration;

use futures_util::future::join_all;
use oracle_ai::server::auth::{
    access_token::{AccessTokenCheck, GOOD_FOR, GuardSettings, REFUSED_FOR},
    oidc::{ClientAuthentication, ClientSecret},
};
use serde_json::{Value, json};

use crate::{
    jwt_access_token::{API, with_bearer_tokens},
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

/// An access token of the same provider that another server was given for this person.
async fn token_from_elsewhere(browser: &Browser, settings: Value) -> String {
    browser.set(settings).await;
    browser.elsewhere(TestApp::new(browser.provider.settings())).sign_in().await.access_token
}

#[tokio::test]
async fn the_provider_is_asked_once_however_many_calls_are_made() {
    // T71
    let browser = Browser::guarded(guard());
    // Slow, so that all ask while the question is under way.
    browser.set(json!({ "introspection_faults": [{ "kind": "slow", "ms": 200 }] })).await;
    let token = browser.sign_in().await.access_token;
    let all = join_all((0..10).map(|_| browser.is_let_in(&token))).await;
    assert!(all.into_iter().all(|is_let_in| is_let_in));
    for _ in 0..10 {
        assert!(browser.is_let_in(&token).await);
    }
    assert_eq!(browser.introspections_seen().await, 1);
}

#[tokio::test]
async fn a_revoked_token_is_good_for_thirty_seconds_at_most_and_then_forgotten() {
    // T71
    let browser = Browser::guarded(guard());
    let token = browser.sign_in().await.access_token;
    assert!(browser.is_let_in(&token).await);
    browser.provider.revoke(&browser.user).await;
    browser.app.clock.jump(GOOD_FOR - MOMENT * 5);
    assert!(browser.is_let_in(&token).await);
    assert_eq!(browser.introspections_seen().await, 1);
    browser.app.clock.jump(MOMENT * 5);
    assert!(!browser.is_let_in(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
    // Nobody needs to be asked about it any more.
    browser.app.clock.jump(GOOD_FOR);
    assert!(!browser.is_let_in(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
}

#[tokio::test]
async fn no_answer_is_kept_past_the_tokens_own_end() {
    // T71, T72
    for as_text in [false, true] {
        let browser = Browser::guarded(guard());
        let exp = unix_seconds() + 15;
        let exp = if as_text { json!(exp.to_string()) } else { json!(exp) };
        browser.set(json!({ "introspection_members": { "exp": exp } })).await;
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_let_in(&token).await);
        browser.app.clock.jump(Duration::from_secs(15));
        assert!(!browser.is_let_in(&token).await);
        assert_eq!(browser.introspections_seen().await, 2);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_say_active_for_us_and_for_now_lets_nobody_in() {
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
        (json!({ "token_type": "unheard-of" }), "T36: of a kind that nobody knows"),
        (json!({ "token_type": ["Bearer"] }), "T36: of no kind"),
        (json!({ "cnf": { "x5t#S256": "a" } }), "T74: bound to a certificate"),
        (json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }), "T74: bound to another key"),
    ] {
        let browser = Browser::guarded(guard_of_api());
        browser.set(json!({ "introspection_members": members })).await;
        let token = browser.sign_in().await.access_token;
        assert!(!browser.is_let_in(&token).await, "{why}");
        assert!(!browser.is_let_in_as_bearer(&token).await, "{why}");
    }
}

#[tokio::test]
async fn odd_answers_of_real_providers_let_in() {
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
        let browser = Browser::guarded(guard_of_api());
        browser.set(settings.clone()).await;
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_let_in(&token).await, "{settings}");
    }
}

#[tokio::test]
async fn while_the_provider_is_down_nobody_new_is_let_in_and_nobody_is_told_to_sign_in_again() {
    // T105
    for fault in ["unavailable", "server_error", "garbage", "empty", "reset"] {
        let browser = Browser::guarded(guard());
        let elsewhere = browser.at_another_computer();
        let known = elsewhere.sign_in().await.access_token;
        assert!(elsewhere.is_let_in(&known).await);
        browser.set(json!({ "introspection_faults": [{ "kind": fault, "times": 0 }] })).await;
        let token = browser.sign_in().await.access_token;
        for _ in 0..2 {
            browser.check_chat(&[&format!("DPoP {token}")]).await.assert_refused(503, "unavailable");
        }
        // What was known before counts until its end, and not a moment longer.
        assert!(elsewhere.is_let_in(&known).await, "{fault}");
        browser.app.clock.jump(GOOD_FOR);
        elsewhere.check_chat(&[&format!("DPoP {known}")]).await.assert_refused(503, "unavailable");
        // And all is well again with the provider.
        browser.set(json!({ "introspection_faults": [] })).await;
        assert!(browser.is_let_in(&token).await, "{fault}");
        assert!(elsewhere.is_let_in(&known).await, "{fault}");
    }
}

#[tokio::test]
async fn a_token_from_elsewhere_counts_where_it_names_us_and_is_sent_as_it_is_bound() {
    // T74
    let browser = Browser::guarded(guard_of_api());
    let token = token_from_elsewhere(&browser, json!({})).await;
    assert!(browser.is_let_in_as_bearer(&token).await);
    assert!(!browser.is_let_in(&token).await);
    let bound = json!({ "access_token_claims": { "cnf": { "jkt": browser.key.thumbprint().to_string() } } });
    let token = token_from_elsewhere(&browser, bound).await;
    assert!(browser.is_let_in(&token).await);
    assert!(!browser.is_let_in_as_bearer(&token).await);
    assert!(!browser.another().is_let_in(&token).await);
}

#[tokio::test]
async fn a_token_from_elsewhere_is_not_even_asked_about_where_nothing_says_that_it_is_for_us() {
    for guard in [guard(), with_bearer_tokens(guard())] {
        let browser = Browser::guarded(guard);
        let token = token_from_elsewhere(&browser, json!({})).await;
        assert!(!browser.is_let_in(&token).await);
        assert!(!browser.is_let_in_as_bearer(&token).await);
        assert_eq!(browser.introspections_seen().await, 0);
    }
}

#[tokio::test]
async fn a_token_that_names_another_issuer_or_nobody_is_nobodys() {
    for members in [json!({ "iss": "https://other.example.com" }), json!({ "sub": null }), json!({ "sub": "" })] {
        let browser = Browser::guarded(guard_of_api());
        let token = token_from_elsewhere(&browser, json!({ "introspection_members": members })).await;
        assert!(!browser.is_let_in_as_bearer(&token).await, "{members}");
    }
}

#[tokio::test]
async fn that_a_token_is_not_good_is_remembered_but_briefly() {
    let browser = Browser::guarded(guard_of_api());
    let token = token_from_elsewhere(&browser, json!({ "introspection_members": { "active": false } })).await;
    for _ in 0..3 {
        assert!(!browser.is_let_in_as_bearer(&token).await);
    }
    assert_eq!(browser.introspections_seen().await, 1);
    // It may just not have been known everywhere yet.
    browser.set(json!({ "introspection_members": {} })).await;
    browser.app.clock.jump(REFUSED_FOR);
    assert!(browser.is_let_in_as_bearer(&token).await);
    assert_eq!(browser.introspections_seen().await, 2);
}

#[tokio::test]
async fn a_flood_of_tokens_from_elsewhere_does_not_become_a_flood_at_the_provider() {
    let browser = Browser::guarded(guard_of_api());
    let own = browser.sign_in().await.access_token;
    let strangers = join_all((0..17).map(async |_| {
        let stranger = browser.another();
        let token =
            token_from_elsewhere(&stranger, json!({ "introspection_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
        (stranger, token)
    }))
    .await;
    let flood = join_all(strangers.iter().map(|(stranger, token)| stranger.check_chat_as_bearer(token)));
    let (answers, is_let_in) = tokio::join!(flood, browser.is_let_in(&own));
    assert!(is_let_in, "what was issued here is asked about at once");
    let of_status = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of_status(200), of_status(503)), (16, 1));
}

#[tokio::test]
async fn we_authenticate_to_the_provider_as_we_are_registered() {
    let provider = MockProvider::shared();
    for client_authentication in [ClientAuthentication::basic, ClientAuthentication::post] {
        let mut settings = provider.settings();
        settings.client_authentication = client_authentication(ClientSecret::new(CLIENT_SECRET));
        let browser = Browser::at(TestApp::guarded(settings, guard()), provider.clone());
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_let_in(&token).await);
    }
}

#[tokio::test]
async fn the_configured_endpoint_is_asked_and_not_the_one_in_the_metadata() {
    let (provider, other) = (MockProvider::shared(), MockProvider::own().await);
    let mut settings = provider.settings();
    settings.metadata.endpoints.insert("introspection_endpoint", format!("{}/introspect", other.issuer));
    let browser = Browser::at(TestApp::guarded(settings, guard()), provider);
    let token = browser.sign_in().await.access_token;
    assert!(!browser.is_let_in(&token).await, "the other does not know it");
    assert_eq!(other.calls_of("introspect").await, 1);
    assert_eq!(browser.introspections_seen().await, 0);
}
