//! Access tokens as JWTs (`ACCESS_TOKEN_CHECK=jwt`, RFC 9068 §4): from logins here, and foreign ones.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::auth::{
    access_token::{AccessTokenCheck, GuardSettings},
    oidc::{AccessTokenTyp, JwtProfile},
};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::{CLIENT_ID, MockProvider},
    scripted_provider::unix_seconds,
};

/// Who access tokens of the mock provider are for.
pub const API: &str = "https://api.example.com";

pub fn guard() -> GuardSettings {
    let profile = JwtProfile { audience: API.into(), issuer: None, typ: AccessTokenTyp::AtJwt };
    GuardSettings { check: AccessTokenCheck::Jwt(profile), ..GuardSettings::default() }
}

pub fn with_bearer_tokens(guard: GuardSettings) -> GuardSettings {
    GuardSettings { bearer_tokens_allowed: true, ..guard }
}

fn guard_with(change: impl FnOnce(&mut JwtProfile)) -> GuardSettings {
    let mut profile = JwtProfile { audience: API.into(), issuer: None, typ: AccessTokenTyp::AtJwt };
    change(&mut profile);
    GuardSettings { check: AccessTokenCheck::Jwt(profile), bearer_tokens_allowed: true, ..GuardSettings::default() }
}

/// A new user at the same application, whose access tokens are JWTs with these settings.
async fn person(browser: &Browser, settings: Value) -> Browser {
    let person = browser.other_user();
    let mut all = json!({ "access_token_format": "jwt" });
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    person.set(all).await;
    person
}

/// An access token that the same provider issued to another server for this user.
async fn foreign_token(browser: &Browser, settings: Value) -> String {
    let person = person(browser, settings).await;
    person.with_app(TestApp::new(person.provider.settings())).sign_in().await.access_token
}

#[tokio::test]
async fn a_jwt_from_a_login_here_is_accepted_without_calling_the_provider() {
    // T70
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::with_guard(provider.settings(), guard()), provider.clone());
    browser.set(json!({ "access_token_format": "jwt" })).await;
    let token = browser.sign_in().await.access_token;
    let calls = provider.all_calls().await;
    for _ in 0..20 {
        assert!(browser.is_accepted(&token).await);
    }
    assert_eq!(provider.all_calls().await, calls);
}

#[tokio::test]
async fn a_jwt_with_wrong_claims_is_refused_even_from_a_login_here() {
    let browser = Browser::with_guard(guard());
    let now = unix_seconds();
    for (settings, why) in [
        (json!({ "access_token_header": { "typ": "JWT" } }), "T70: typ of anything"),
        (json!({ "access_token_header": { "typ": "logout+jwt" } }), "T36: typ of another kind"),
        (json!({ "access_token_claims": { "typ": "ID" } }), "T36: an ID token, as Keycloak says it"),
        (json!({ "access_token_claims": { "token_use": "id" } }), "T36: an ID token, as Cognito says it"),
        (json!({ "access_token_header": { "crit": ["exp"] } }), "critical extension"),
        (json!({ "access_token_claims": { "aud": "https://other.example.com" } }), "T70: for another"),
        (json!({ "access_token_claims": { "aud": [CLIENT_ID] } }), "T70: for the client, not the API"),
        (json!({ "access_token_claims": { "aud": null } }), "T70: for nobody"),
        (json!({ "access_token_claims": { "iss": "https://other.example.com" } }), "T70: of another issuer"),
        (json!({ "access_token_claims": { "iss": null } }), "T70: of nobody"),
        (json!({ "access_token_claims": { "exp": now - 60 } }), "T70: past, beyond the tolerance"),
        (json!({ "access_token_claims": { "exp": null } }), "T70: without an end"),
        (json!({ "access_token_claims": { "exp": "soon" } }), "T70: no time"),
        (json!({ "access_token_claims": { "nbf": now + 120 } }), "T32: not yet"),
        (json!({ "access_token_claims": { "iat": now + 120 } }), "T32: from the future"),
        (json!({ "access_token_claims": { "cnf": { "x5t#S256": "a" } } }), "T74: bound to a certificate"),
        (json!({ "access_token_claims": { "cnf": { "jkt": "a" } } }), "T74: bound to no key"),
        (json!({ "access_token_format": "opaque" }), "no JWT"),
    ] {
        let person = person(&browser, settings).await;
        let token = person.sign_in().await.access_token;
        assert!(!person.is_accepted(&token).await, "{why}");
    }
}

#[tokio::test]
async fn unusual_jwts_of_real_providers_are_accepted() {
    let browser = Browser::with_guard(guard());
    let now = unix_seconds();
    for (settings, why) in [
        (json!({ "access_token_header": { "typ": "application/at+JWT" } }), "media type in full"),
        (json!({ "access_token_header": { "kid": null } }), "no kid"),
        (json!({ "access_token_claims": { "aud": ["https://other.example.com", API] } }), "aud as a list"),
        (
            json!({ "access_token_claims": { "exp": (now + 300).to_string(), "iat": now.to_string() } }),
            "T72: times as text",
        ),
        (
            json!({ "access_token_claims": { "exp": now - 20, "nbf": now + 20, "iat": now + 20 } }),
            "a clock off by seconds",
        ),
        (json!({ "access_token_claims": { "sub": null, "iat": null, "jti": null } }), "AD FS: few claims"),
        (
            json!({ "access_token_claims": {
                "iat": "yesterday", "jti": 7, "name": ["a"], "email": {}, "scope": 7, "roles": true, "auth_time": "a",
            } }),
            "claims of another type that are not needed",
        ),
        (json!({ "access_token_claims": { "nonce": "n" } }), "a nonce, where the type is certain"),
        (json!({ "access_token_claims": { "typ": "Bearer", "token_use": "access" } }), "a kind that is named"),
    ] {
        let person = person(&browser, settings).await;
        let token = person.sign_in().await.access_token;
        assert!(person.is_accepted(&token).await, "{why}");
    }
}

#[tokio::test]
async fn a_foreign_jwt_is_accepted_as_a_bearer_token_only_if_those_are_allowed() {
    let [strict, lenient] = [guard(), with_bearer_tokens(guard())].map(Browser::with_guard);
    let token = foreign_token(&lenient, json!({})).await;
    assert!(lenient.is_accepted_as_bearer(&token).await);
    assert!(!strict.is_accepted_as_bearer(&token).await);
    // A proof by a key that the token does not name proves nothing (RFC 9449 §6.1).
    assert!(!lenient.is_accepted(&token).await);
    assert!(!strict.is_accepted(&token).await);
    // And where only what was issued here counts, it counts for nothing.
    let issued = Browser::with_guard(with_bearer_tokens(GuardSettings::default()));
    assert!(!issued.is_accepted_as_bearer(&token).await);
}

#[tokio::test]
async fn a_jwt_bound_to_a_key_requires_a_proof_by_that_key() {
    // T74
    let browser = Browser::with_guard(with_bearer_tokens(guard()));
    let bound = json!({ "access_token_claims": { "cnf": { "jkt": browser.key.thumbprint().to_string() } } });
    let token = foreign_token(&browser, bound).await;
    assert!(browser.is_accepted(&token).await);
    assert!(!browser.other_user().is_accepted(&token).await);
    assert!(!browser.is_accepted_as_bearer(&token).await);
    // Nor is one that was issued here, for the session's own browser.
    let bound = json!({ "access_token_claims": { "cnf": { "jkt": browser.key.thumbprint().to_string() } } });
    let other = person(&browser, bound).await;
    let token = other.sign_in().await.access_token;
    assert!(!other.is_accepted(&token).await);
    assert!(!other.is_accepted_as_bearer(&token).await);
}

#[tokio::test]
async fn a_foreign_jwt_needs_a_subject_and_expires_as_it_says() {
    let browser = Browser::with_guard(with_bearer_tokens(guard()));
    let nobody = foreign_token(&browser, json!({ "access_token_claims": { "sub": null } })).await;
    assert!(!browser.is_accepted_as_bearer(&nobody).await);
    let token = foreign_token(&browser, json!({})).await;
    browser.app.clock.jump(Duration::from_secs(300));
    assert!(browser.is_accepted_as_bearer(&token).await);
    browser.app.clock.jump(Duration::from_secs(60));
    assert!(!browser.is_accepted_as_bearer(&token).await);
}

#[tokio::test]
async fn a_jwt_that_the_issuer_did_not_sign_is_refused() {
    // T24, T25
    let browser = Browser::with_guard(with_bearer_tokens(guard()));
    let token = foreign_token(&browser, json!({})).await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let with = |changes: Value| {
        let mut header: Value = serde_json::from_slice(&decode(header)).unwrap();
        header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        encode(header.to_string())
    };
    let mut other_claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
    other_claims["sub"] = "mallory".into();
    for forged in [
        format!("{header}.{}.{signature}", encode(other_claims.to_string())),
        format!("{}.{claims}.{signature}", with(json!({ "kid": "another" }))),
        format!("{}.{claims}.{signature}", with(json!({ "alg": "RS512" }))),
        format!("{}.{claims}.{signature}", with(json!({ "alg": "HS256" }))),
        format!("{}.{claims}.{signature}", with(json!({ "alg": "none" }))),
        format!("{}.{claims}.", with(json!({ "alg": "none" }))),
        format!("{header}.{claims}.{}", encode("signature")),
        format!("{header}.{claims}"),
        format!("{token}.{signature}"),
        format!("{token}="),
    ] {
        assert!(!browser.is_accepted_as_bearer(&forged).await, "{forged}");
        // Within a minute, the same keys are not fetched again, and the next one would be undecided.
        browser.app.clock.jump(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn an_id_token_is_refused_as_an_access_token_even_if_type_and_audience_match() {
    // T36
    for typ in [AccessTokenTyp::AtJwt, AccessTokenTyp::Or("JWT".into()), AccessTokenTyp::Any] {
        for audience in [API, CLIENT_ID] {
            let browser = Browser::with_guard(guard_with(|profile| {
                profile.typ = typ.clone();
                profile.audience = audience.into();
            }));
            let session = browser.sign_in().await.session;
            let kept = browser.app.session(&session).await.unwrap();
            assert!(!browser.is_accepted_as_bearer(kept.id_token.secret()).await, "{typ:?} {audience}");
        }
    }
}

#[tokio::test]
async fn a_configured_type_and_issuer_are_accepted() {
    let adfs = "http://adfs.example.com/adfs/services/trust";
    let browser = Browser::with_guard(guard_with(|profile| {
        profile.typ = AccessTokenTyp::Or("JWT".into());
        profile.issuer = Some(adfs.into());
    }));
    let settings = json!({ "access_token_header": { "typ": "JWT" }, "access_token_claims": { "iss": adfs } });
    let token = foreign_token(&browser, settings).await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    let settings = json!({ "access_token_header": { "typ": "JWT" } });
    let token = foreign_token(&browser, settings).await;
    assert!(!browser.is_accepted_as_bearer(&token).await, "the issuer of ID tokens does not issue these");
}

#[tokio::test]
async fn keys_are_fetched_again_for_an_unknown_signature_but_not_for_foreign_tokens() {
    // T28
    let provider = MockProvider::dedicated().await;
    let app = TestApp::with_guard(provider.settings(), with_bearer_tokens(guard()));
    let browser = Browser::at(app.clone(), provider.clone());
    let old = foreign_token(&browser, json!({})).await;
    assert!(browser.is_accepted_as_bearer(&old).await);
    drop(browser);

    let provider = MockProvider::at(provider.stop().await).await;
    let browser = Browser::at(app, provider.clone());
    let token = foreign_token(&browser, json!({})).await;
    // Fetched a moment ago, and again at once.
    let before = provider.calls_of("jwks").await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    assert_eq!(provider.calls_of("jwks").await, before + 1);
    assert!(!browser.is_accepted_as_bearer(&old).await);
    assert_eq!(provider.calls_of("jwks").await, before + 2);
    // The provider may have changed its keys again: that is not known within the minute.
    for _ in 0..5 {
        browser.check_chat_as_bearer(&old).await.assert_refused(503, "unavailable");
    }
    assert_eq!(provider.calls_of("jwks").await, before + 2);
    browser.app.clock.jump(Duration::from_secs(61));
    assert!(!browser.is_accepted_as_bearer(&old).await);
    assert!(browser.is_accepted_as_bearer(&token).await);
    assert_eq!(provider.calls_of("jwks").await, before + 3);
}

#[tokio::test]
async fn a_withdrawn_key_is_accepted_until_the_keys_are_as_old_as_is_set() {
    let provider = MockProvider::dedicated().await;
    let mut settings = provider.settings();
    settings.metadata.max_age = Duration::from_secs(60);
    let app = TestApp::with_guard(settings, with_bearer_tokens(guard()));
    let browser = Browser::at(app, provider.clone());
    let token = foreign_token(&browser, json!({})).await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    provider.rotate_keys(json!({ "remove_old": true })).await;
    assert!(browser.is_accepted_as_bearer(&token).await);
    browser.app.clock.jump(Duration::from_secs(60));
    assert!(!browser.is_accepted_as_bearer(&token).await);
}

fn decode(part: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn encode(part: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part)
}
