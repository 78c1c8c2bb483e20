//! Required scopes and roles (`REQUIRED_SCOPE`, `REQUIRED_ROLE`), with all three ways of token validation.

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::auth::{
    access_token::{GuardSettings, RequiredPermissions},
    oidc::{ClaimNames, ProviderSettings},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    introspection,
    jwt_access_token::{self, with_bearer_tokens},
    support::{
        app::{TestApp, TestResponse},
        browser::Browser,
        provider::MockProvider,
    },
};

/// The ways of token validation: by issuance here, as JWTs, by introspection.
fn ways() -> [GuardSettings; 3] {
    [GuardSettings::default(), jwt_access_token::guard(), introspection::guard()]
}

fn requiring(guard: GuardSettings, scope: &[&str], role: Option<&str>) -> GuardSettings {
    let scope = scope.iter().map(|scope| (*scope).to_owned()).collect();
    GuardSettings { required: RequiredPermissions { scope, role: role.map(str::to_owned) }, ..guard }
}

/// A signed-in user with these settings at the provider.
async fn signed_in(guard: GuardSettings, settings: Value) -> (Browser, String) {
    let browser = Browser::with_guard(guard);
    let token = sign_in(&browser, settings).await;
    (browser, token)
}

async fn sign_in(browser: &Browser, settings: Value) -> String {
    // A JWT is good in every way.
    browser.set(json!({ "access_token_format": "jwt" })).await;
    browser.set(settings).await;
    browser.sign_in().await.access_token
}

async fn check(browser: &Browser, token: &str) -> TestResponse {
    browser.check_chat(&[&format!("DPoP {token}")]).await
}

#[tokio::test]
async fn a_missing_scope_is_forbidden_and_named_without_asking_for_a_refresh() {
    // T70. RFC 6750 §3.1: 403, so that clients don't take it for an expired token.
    for guard in ways() {
        let guard = requiring(guard, &["openid", "chat.write"], None);
        let (browser, token) = signed_in(guard.clone(), json!({ "granted_scope": "openid chat.read" })).await;
        let answer = check(&browser, &token).await;
        answer.assert_refused(403, "forbidden");
        assert_eq!(
            answer.header(header::WWW_AUTHENTICATE),
            r#"DPoP error="insufficient_scope", scope="openid chat.write", algs="ES256""#
        );
        let chat = browser.request(Method::POST, "/api/chat", Some(&token)).body(Body::from("}{")).unwrap();
        browser.app.send(chat).await.assert_refused(403, "forbidden");
        let (browser, token) = signed_in(guard, json!({ "granted_scope": "chat.write openid" })).await;
        check(&browser, &token).await.assert_ok();
    }
}

#[tokio::test]
async fn a_missing_role_is_forbidden() {
    for guard in ways() {
        let guard = requiring(guard, &[], Some("chat users"));
        for (roles, is_accepted) in
            [(json!(["chat", "users"]), false), (json!([]), false), (json!(["a", "chat users"]), true)]
        {
            let (browser, token) = signed_in(guard.clone(), json!({ "roles": roles })).await;
            let answer = check(&browser, &token).await;
            if is_accepted {
                answer.assert_ok();
            } else {
                answer.assert_refused(403, "forbidden");
                let challenge = answer.header(header::WWW_AUTHENTICATE);
                assert_eq!(challenge, r#"DPoP error="insufficient_scope", algs="ES256""#);
            }
        }
    }
}

#[tokio::test]
async fn a_token_response_without_scope_grants_what_was_asked_for() {
    // RFC 6749 §5.1
    for (required, is_accepted) in [(["openid", "email"], true), (["openid", "chat.read"], false)] {
        let guard = requiring(GuardSettings::default(), &required, None);
        let (browser, token) = signed_in(guard, json!({ "scope_in_token_response": false })).await;
        assert_eq!(check(&browser, &token).await.status == 200, is_accepted, "{required:?}");
    }
    // But one that grants nothing grants nothing.
    let guard = requiring(GuardSettings::default(), &["email"], None);
    let (browser, token) = signed_in(guard, json!({ "granted_scope": "" })).await;
    check(&browser, &token).await.assert_refused(403, "forbidden");
}

#[tokio::test]
async fn roles_are_read_from_the_configured_claim() {
    let provider = MockProvider::shared();
    for guard in [jwt_access_token::guard(), introspection::guard()] {
        let settings = ProviderSettings {
            claims: ClaimNames { roles: "realm_access.roles".parse().unwrap(), ..ClaimNames::default() },
            ..provider.settings()
        };
        let app = TestApp::with_guard(settings, requiring(guard, &[], Some("chat")));
        for (claims, is_accepted) in [
            (json!({ "realm_access": { "roles": ["chat"] } }), true),
            (json!({ "realm_access": { "roles": "audit^chat" } }), true),
            (json!({ "roles": ["chat"] }), false),
        ] {
            let browser = Browser::at(app.clone(), provider.clone());
            let token = sign_in(&browser, json!({ "access_token_claims": claims })).await;
            assert_eq!(check(&browser, &token).await.status == 200, is_accepted, "{claims}");
        }
    }
}

#[tokio::test]
async fn a_refresh_updates_the_roles_and_keeps_them_if_it_names_none() {
    let guard = requiring(GuardSettings::default(), &["email"], Some("chat"));
    let browser = Browser::with_guard(guard);
    browser.set(json!({ "roles": ["chat"] })).await;
    let signed_in = browser.sign_in().await;
    browser.set(json!({ "id_token_in_refresh": false, "scope_in_token_response": false })).await;
    let token = browser.refresh_access_token(&signed_in.session).await;
    check(&browser, &token).await.assert_ok();
    browser.set(json!({ "roles": ["audit"], "id_token_in_refresh": true })).await;
    let token = browser.refresh_access_token(&signed_in.session).await;
    check(&browser, &token).await.assert_refused(403, "forbidden");
}

#[tokio::test]
async fn scopes_and_roles_are_not_sent_to_the_browser() {
    let browser = Browser::start();
    browser.set(json!({ "roles": ["chat"] })).await;
    let login = browser.login().await.json();
    let refresh = browser.refresh(login["session"].as_str().unwrap()).await.json();
    for answer in [login, refresh] {
        assert!(answer.get("scope").is_none() && answer.get("permissions").is_none(), "{answer}");
        assert!(!answer.to_string().contains("roles"), "{answer}");
    }
}

#[tokio::test]
async fn a_logout_takes_effect_at_once_with_every_way_of_token_validation() {
    // T109
    for guard in [GuardSettings::default(), jwt_access_token::guard(), introspection::guard_of_api()] {
        let browser = Browser::with_guard(with_bearer_tokens(guard));
        browser.set(json!({ "access_token_format": "jwt" })).await;
        let signed_in = browser.sign_in().await;
        assert!(browser.is_accepted(&signed_in.access_token).await);
        assert!(browser.is_accepted_as_bearer(&signed_in.access_token).await);
        browser.logout(&signed_in.session).await.assert_ok();
        assert!(!browser.is_accepted(&signed_in.access_token).await);
        assert!(!browser.is_accepted_as_bearer(&signed_in.access_token).await);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_tokens_are_refused(token in made_up_token(), as_bearer: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for guard in [GuardSettings::default(), jwt_access_token::guard(), introspection::guard_of_api()] {
                let browser = Browser::with_guard(with_bearer_tokens(guard));
                let answer = match as_bearer {
                    true => browser.check_chat_as_bearer(&token).await,
                    false => check(&browser, &token).await,
                };
                answer.assert_refused(401, "unauthenticated");
            }
        });
    }
}

/// Letters that a header can carry, or three parts that look like a JWT of the provider's.
fn made_up_token() -> impl Strategy<Value = String> {
    let part = |json: Value| base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, json.to_string());
    let issuer = MockProvider::shared().issuer;
    let header = prop_oneof![
        Just(json!({ "typ": "at+jwt", "alg": "RS256" })),
        Just(json!({ "typ": "at+jwt", "alg": "ES256", "kid": "x" })),
        Just(json!({ "typ": "at+jwt", "alg": "EdDSA" })),
        Just(json!({ "typ": "at+jwt", "alg": "none" })),
        Just(json!({ "typ": ["at+jwt"], "alg": {} })),
        Just(json!([])),
    ];
    let exp =
        prop_oneof![Just(json!(4_000_000_000_u64)), Just(json!("4000000000")), Just(json!(1e300)), Just(json!(-1))];
    let jwt = (header, exp, "[A-Za-z0-9_-]{0,400}").prop_map(move |(header, exp, signature)| {
        let claims = json!({ "iss": issuer, "aud": jwt_access_token::API, "sub": "mallory", "exp": exp });
        format!("{}.{}.{signature}", part(header), part(claims))
    });
    prop_oneof!["[!-~]{1,200}", "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}", jwt]
}
