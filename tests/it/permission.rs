//! Required scopes and roles (`REQUIRED_SCOPE`, `REQUIRED_ROLE`), with all three ways of token validation.

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::auth::{
    access_token::{GuardSettings, RequiredPermissions},
    oidc::{ClaimNames, PermissionsSource, ProviderSettings},
    sessions::REPLAY_WINDOW,
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
    let roles = role.into_iter().map(str::to_owned).collect();
    GuardSettings { required: RequiredPermissions { scope, roles }, ..guard }
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
async fn one_of_several_roles_suffices() {
    let roles = ["chat".to_owned(), "audit".to_owned()].into();
    let required = RequiredPermissions { roles, ..RequiredPermissions::default() };
    for guard in ways() {
        let guard = GuardSettings { required: required.clone(), ..guard };
        for (roles, is_accepted) in
            [(json!(["audit", "x"]), true), (json!(["chat"]), true), (json!(["x"]), false), (json!([]), false)]
        {
            let (browser, token) = signed_in(guard.clone(), json!({ "roles": roles })).await;
            assert_eq!(check(&browser, &token).await.status == 200, is_accepted, "{roles}");
        }
    }
}

/// A browser whose roles are looked up there, at a provider of its own.
async fn looking_up(source: PermissionsSource) -> Browser {
    let provider = MockProvider::dedicated().await;
    let mut settings = provider.settings();
    settings.claims.permissions_from = source;
    let guard = requiring(GuardSettings::default(), &[], Some("chat"));
    Browser::at(TestApp::with_guard(settings, guard), provider)
}

/// These roles, wherever the provider states roles. A refresh brings no ID token.
async fn has_roles(browser: &Browser, roles: Value) {
    let userinfo = json!({ "roles": roles });
    browser.set(json!({ "roles": roles, "userinfo_claims": userinfo, "id_token_in_refresh": false })).await;
}

const LOOKED_UP: [(PermissionsSource, &str); 2] =
    [(PermissionsSource::Userinfo, "userinfo"), (PermissionsSource::Introspection, "introspect")];

#[tokio::test]
async fn a_role_that_is_looked_up_counts_from_the_next_refresh_on_whether_given_or_withdrawn() {
    // Within the life of one access token.
    for (source, endpoint) in LOOKED_UP {
        let browser = looking_up(source).await;
        has_roles(&browser, json!(["chat"])).await;
        let signed_in = browser.sign_in().await;
        check(&browser, &signed_in.access_token).await.assert_ok();
        for (roles, is_accepted) in [(json!(["audit"]), false), (json!(["chat"]), true), (json!([]), false)] {
            has_roles(&browser, roles.clone()).await;
            let token = browser.refresh_access_token(&signed_in.session).await;
            assert_eq!(check(&browser, &token).await.status == 200, is_accepted, "{source:?} {roles}");
        }
        assert_eq!(browser.provider.calls_for(&browser.user, endpoint).await, 4, "one for each access token");
    }
}

#[tokio::test]
async fn the_roles_of_an_id_token_count_for_nothing_where_they_are_looked_up() {
    let browser = looking_up(PermissionsSource::Userinfo).await;
    browser.set(json!({ "roles": ["chat"] })).await;
    let token = browser.sign_in().await.access_token;
    check(&browser, &token).await.assert_refused(403, "forbidden");
}

#[tokio::test]
async fn without_the_answer_nobody_signs_in_and_a_refresh_grants_nothing() {
    for (source, endpoint) in LOOKED_UP {
        let browser = looking_up(source).await;
        has_roles(&browser, json!(["chat"])).await;
        let signed_in = browser.sign_in().await;
        browser.provider.set_outage(&[endpoint]).await;
        browser.with_new_key().login().await.assert_refused(502, "provider_unavailable");
        browser.app.clock.jump(REPLAY_WINDOW);
        browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
        browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
        // The refresh token was replaced each time, and the session has the latest.
        browser.provider.set_outage(&[]).await;
        let token = browser.refresh_access_token(&signed_in.session).await;
        check(&browser, &token).await.assert_ok();
    }
}

#[tokio::test]
async fn an_answer_about_another_person_or_an_inactive_token_gives_no_roles() {
    for (source, settings) in [
        (PermissionsSource::Userinfo, json!({ "userinfo_claims": { "sub": "somebody else", "roles": ["chat"] } })),
        (PermissionsSource::Introspection, json!({ "introspection_members": { "sub": "somebody else" } })),
        (PermissionsSource::Introspection, json!({ "introspection_members": { "active": false } })),
    ] {
        let browser = looking_up(source).await;
        has_roles(&browser, json!(["chat"])).await;
        browser.set(settings.clone()).await;
        browser.login().await.assert_refused(502, "provider_unavailable");
    }
}

#[tokio::test]
async fn roles_that_the_provider_has_left_out_are_not_taken_for_none() {
    // The overage of Entra ID.
    for guard in [GuardSettings::default(), jwt_access_token::guard()] {
        let guard = requiring(guard, &[], Some("chat"));
        let left_out = json!({ "claims": { "_claim_names": { "roles": "src1" } } });
        let (browser, token) = signed_in(guard.clone(), left_out).await;
        check(&browser, &token).await.assert_refused(403, "roles_left_out");
        let (browser, token) = signed_in(guard, json!({ "claims": { "_claim_names": { "address": "src1" } } })).await;
        check(&browser, &token).await.assert_refused(403, "forbidden");
    }
    // Where they are looked up, they are known.
    let browser = looking_up(PermissionsSource::Userinfo).await;
    has_roles(&browser, json!(["chat"])).await;
    browser.set(json!({ "id_token_claims": { "_claim_names": { "roles": "src1" } } })).await;
    check(&browser, &browser.sign_in().await.access_token).await.assert_ok();
}

#[tokio::test]
async fn an_export_needs_its_own_role_where_that_is_set() {
    let export = async |browser: &Browser, token: &str| {
        let path = "/api/conversation/export?id=x&format=json";
        browser.app.send(browser.request(Method::GET, path, Some(token)).body(Body::empty()).unwrap()).await
    };
    let guard = GuardSettings { export_roles: vec!["exporters".into()], ..GuardSettings::default() };
    for (roles, status) in [(json!([]), 403), (json!(["chat"]), 403), (json!(["exporters"]), 404)] {
        let (browser, token) = signed_in(guard.clone(), json!({ "roles": roles })).await;
        assert_eq!(export(&browser, &token).await.status, status, "{roles}");
        check(&browser, &token).await.assert_ok();
    }
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
