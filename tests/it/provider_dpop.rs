//! DPoP at the provider (`OIDC_DPOP`, RFC 9449): a key of the server's for each session, to which the provider binds access
//! tokens. At the server itself they need the browser's key, as without it.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::{
    mock::provider::{Client, Profile},
    server::{
        auth::{
            access_token::GuardSettings,
            oidc::{ClientAuthentication, ClientKey, DpopPolicy, ProviderSettings},
            sessions::{REPLAY_WINDOW, Session},
        },
        store::MemoryStore,
    },
    wire::auth::SessionId,
};
use serde_json::{Value, json};

use crate::{
    client_key::{KID, ec_key},
    introspection, jwt_access_token,
    support::{
        app::{TestApp, storage, wait_until},
        browser::{Browser, SignedIn},
        provider::{MockProvider, client},
        server_process::ServerProcess,
    },
};

const AUTO: DpopPolicy = DpopPolicy::Auto;
const OFF: DpopPolicy = DpopPolicy::Off;
const REQUIRED: DpopPolicy = DpopPolicy::Required;

/// The thumbprint of some other key.
const OTHER_JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

async fn provider(support: &str) -> MockProvider {
    let provider = MockProvider::dedicated().await;
    provider.set_dpop(support).await;
    provider
}

fn settings(provider: &MockProvider, policy: DpopPolicy) -> ProviderSettings {
    let mut settings = provider.settings();
    settings.requests.dpop = policy;
    settings
}

/// A browser whose access tokens are JWTs, at a server with this policy and a provider with this support of DPoP.
async fn browser(policy: DpopPolicy, support: &str) -> Browser {
    let provider = provider(support).await;
    with_jwts(Browser::at(TestApp::new(settings(&provider, policy)), provider)).await
}

/// The same with a guard that checks access tokens.
async fn guarded(guard: GuardSettings) -> Browser {
    let provider = provider("bound").await;
    with_jwts(Browser::at(TestApp::with_guard(settings(&provider, AUTO), guard), provider)).await
}

async fn with_jwts(browser: Browser) -> Browser {
    browser.set(json!({ "access_token_format": "jwt" })).await;
    browser
}

/// The thumbprint that a JWT access token is bound to.
fn bound_to(access_token: &str) -> Option<String> {
    let payload = access_token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["cnf"]["jkt"].as_str().map(str::to_owned)
}

async fn session_key(browser: &Browser, signed_in: &SignedIn) -> Option<String> {
    let session = browser.app.session(&signed_in.session).await.unwrap();
    session.proof_key.map(|key| key.thumbprint().to_string())
}

async fn token_outcomes(browser: &Browser) -> Vec<String> {
    browser.provider.outcomes_for(&browser.user, "token").await
}

/// Waits until this user's tokens were revoked as often.
async fn wait_for_revocations(browser: &Browser, times: usize) {
    wait_until("tokens are revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == times).await;
}

#[tokio::test]
async fn the_tokens_of_a_session_are_bound_to_a_key_of_the_servers_for_this_session() {
    // T67
    let browser = browser(AUTO, "bound").await;
    let signed_in = browser.sign_in().await;
    let key = session_key(&browser, &signed_in).await;
    assert!(key.is_some());
    assert_eq!(bound_to(&signed_in.access_token), key);
    assert_ne!(key, Some(browser.key.thumbprint().to_string()), "not the browser's");
    assert!(browser.is_accepted(&signed_in.access_token).await, "with a proof by the browser's key, as ever");
    assert!(!browser.with_new_key().is_accepted(&signed_in.access_token).await, "and with no other");

    let refreshed = browser.refresh_access_token(&signed_in.session).await;
    assert_eq!(bound_to(&refreshed), key, "the session keeps its key");
    let there = browser.with_new_key();
    assert_ne!(bound_to(&there.sign_in().await.access_token), key, "another session has another");
}

#[tokio::test]
async fn the_code_is_bound_to_the_key_from_the_authorization_request_on() {
    // T67: RFC 9449 §10
    let browser = browser(AUTO, "bound").await;
    let begun = browser.start_login().await;
    let named = begun.params()["dpop_jkt"].clone();
    let answer = browser.exchange(&browser.authorize(&begun).await).await.json();
    assert_eq!(bound_to(answer["access_token"].as_str().unwrap()), Some(named));
    // Pushed requests carry a proof as well, and the URL nothing of it.
    let mut settings = settings(&browser.provider, AUTO);
    settings.requests.pushed = true;
    let pushing = with_jwts(Browser::at(TestApp::new(settings), browser.provider.clone())).await;
    let begun = pushing.start_login().await;
    assert!(!begun.params().contains_key("dpop_jkt"));
    let answer = pushing.exchange(&pushing.authorize(&begun).await).await.json();
    assert!(bound_to(answer["access_token"].as_str().unwrap()).is_some());
}

#[tokio::test]
async fn a_nonce_costs_one_round_trip_and_none_once_it_is_known() {
    // T67: RFC 9449 §8
    let browser = browser(AUTO, "nonce").await;
    let first = browser.sign_in().await;
    assert_eq!(token_outcomes(&browser).await, ["use_dpop_nonce", "ok"]);
    browser.refresh_access_token(&first.session).await;
    let other = browser.other_user();
    other.sign_in().await;
    assert_eq!(token_outcomes(&browser).await, ["use_dpop_nonce", "ok", "ok"]);
    assert_eq!(token_outcomes(&other).await, ["ok"]);
    // The provider accepts the last eight: those of successful responses are used, too (§8.2).
    for _ in 0..6 {
        browser.refresh_access_token(&first.session).await;
    }
    assert_eq!(token_outcomes(&browser).await.iter().filter(|outcome| *outcome == "use_dpop_nonce").count(), 1);
    // And where it has forgotten them, the next request is repeated again.
    browser.provider.set_dpop("nonce").await;
    browser.refresh_access_token(&first.session).await;
    assert_eq!(token_outcomes(&browser).await[9..], ["use_dpop_nonce", "ok"]);
}

#[tokio::test]
async fn a_nonce_that_the_provider_refuses_is_not_sent_again() {
    // T67: as where it was configured to issue none any more.
    let browser = browser(AUTO, "nonce").await;
    let signed_in = browser.sign_in().await;
    let refused = json!({ "error": "invalid_dpop_proof" }).to_string();
    browser.set(json!({ "refresh_faults": [{ "kind": "response", "status": 400, "body": refused }] })).await;
    browser.provider.set_dpop("bound").await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
    assert!(bound_to(&browser.refresh_access_token(&signed_in.session).await).is_some());
}

#[tokio::test]
async fn a_pushed_request_and_one_at_userinfo_follow_nonces_too() {
    // T67: RFC 9449 §8, §9
    let provider = provider("nonce").await;
    let mut settings = settings(&provider, REQUIRED);
    settings.requests.pushed = true;
    let browser = Browser::at(TestApp::new(settings), provider);
    browser.set(json!({ "id_token_claims": { "name": null, "email": null, "preferred_username": null } })).await;
    let answer = browser.login().await;
    answer.assert_ok();
    assert!(answer.json()["user"]["name"].is_string(), "{answer:?}");
    assert_eq!(browser.provider.outcomes_of("pushed_authorization").await, ["use_dpop_nonce", "ok"]);
    assert_eq!(token_outcomes(&browser).await, ["ok"], "by the nonce of the pushed request");
    let userinfo = browser.provider.outcomes_for(&browser.user, "userinfo").await;
    assert_eq!(userinfo, ["use_dpop_nonce", "ok"], "a resource server has nonces of its own");
    browser.with_new_key().sign_in().await;
    assert_eq!(browser.provider.outcomes_for(&browser.user, "userinfo").await, ["use_dpop_nonce", "ok", "ok"]);
}

#[tokio::test]
async fn a_repeated_request_has_a_new_client_assertion() {
    // T60, T67: each assertion is good once, and the provider authenticates the client before it reads the proof.
    let (pem, jwk) = ec_key();
    let registration = Client { jwks: vec![jwk], pushes_requests: true, dpop_bound_access_tokens: true, ..client() };
    let provider = MockProvider::with_profile(Profile::Plain, registration).await;
    provider.set_dpop("nonce").await;
    let mut settings = settings(&provider, AUTO);
    let key = ClientKey::from_pem(pem.as_bytes(), Some(KID.into())).unwrap();
    settings.client_authentication = ClientAuthentication::signed(key, None);
    let browser = Browser::at(TestApp::new(settings), provider);
    let signed_in = browser.sign_in().await;
    browser.provider.set_dpop("nonce").await;
    browser.refresh_access_token(&signed_in.session).await;
    assert_eq!(token_outcomes(&browser).await, ["ok", "use_dpop_nonce", "ok"]);
}

#[tokio::test]
async fn required_discards_a_bearer_token_and_revokes_what_came_with_it() {
    // T67
    for support in ["ignored", "none"] {
        let browser = browser(REQUIRED, support).await;
        browser.login().await.assert_refused(502, "provider_unavailable");
        wait_for_revocations(&browser, 2).await;
    }
}

#[tokio::test]
async fn required_discards_the_bearer_token_of_a_refresh_and_keeps_the_session() {
    // T67
    let browser = browser(REQUIRED, "bound").await;
    let signed_in = browser.sign_in().await;
    browser.provider.set_dpop("ignored").await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
    wait_for_revocations(&browser, 1).await;
    browser.provider.set_dpop("bound").await;
    let refreshed = browser.refresh_access_token(&signed_in.session).await;
    assert_eq!(bound_to(&refreshed), session_key(&browser, &signed_in).await);
}

#[tokio::test]
async fn auto_accepts_a_bearer_token_and_sends_no_proof_where_the_provider_announces_nothing() {
    // T67
    let ignored = browser(AUTO, "ignored").await;
    let begun = ignored.start_login().await;
    assert!(begun.params().contains_key("dpop_jkt"));
    let answer = ignored.exchange(&ignored.authorize(&begun).await).await;
    answer.assert_ok();
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    assert!(ignored.app.session(&session).await.unwrap().proof_key.is_none(), "what it got is in the record");
    ignored.refresh_access_token(&session).await;

    let unannounced = browser(AUTO, "none").await;
    assert!(!unannounced.start_login().await.params().contains_key("dpop_jkt"));
    let off = browser(OFF, "bound").await;
    assert!(!off.start_login().await.params().contains_key("dpop_jkt"));
    assert_eq!(bound_to(&off.sign_in().await.access_token), None);
}

/// Two servers with these policies, which share their store.
async fn servers(first: DpopPolicy, second: DpopPolicy) -> (Browser, Browser) {
    let provider = provider("bound").await;
    let storage = storage(Arc::new(MemoryStore::new()));
    let app = |policy| TestApp::with_storage(settings(&provider, policy), storage.clone());
    let at_first = with_jwts(Browser::at(app(first), provider.clone())).await;
    let at_second = at_first.with_app(app(second));
    (at_first, at_second)
}

#[tokio::test]
async fn any_server_that_shares_the_store_refreshes_with_the_sessions_key() {
    // T67
    let (first, second) = servers(AUTO, AUTO).await;
    let signed_in = first.sign_in().await;
    let key = session_key(&first, &signed_in).await;
    assert_eq!(bound_to(&second.refresh_access_token(&signed_in.session).await), key);
    // A login that is begun at one and finished at another.
    let other = second.with_new_key();
    let begun = first.with_app(other.app.clone());
    let begun = Browser { key: other.key.clone(), ..begun }.start_login().await;
    let answer = Browser { app: first.app.clone(), ..other.clone() }.exchange(&other.authorize(&begun).await).await;
    answer.assert_ok();
    assert_eq!(bound_to(answer.json()["access_token"].as_str().unwrap()), Some(begun.params()["dpop_jkt"].clone()));
}

#[tokio::test]
async fn a_session_without_a_key_goes_on_with_bearer_tokens_unless_they_are_discarded() {
    // T67
    let (before, auto) = servers(OFF, AUTO).await;
    let signed_in = before.sign_in().await;
    assert_eq!(bound_to(&auto.refresh_access_token(&signed_in.session).await), None);
    let (before, required) = servers(OFF, REQUIRED).await;
    let signed_in = before.sign_in().await;
    let refreshed = required.refresh_access_token(&signed_in.session).await;
    assert!(bound_to(&refreshed).is_some());
    assert_eq!(bound_to(&refreshed), session_key(&required, &signed_in).await);
    assert_eq!(bound_to(&required.refresh_access_token(&signed_in.session).await), bound_to(&refreshed));
}

/// As a server of an earlier release stores a session: without the key, which it does not know.
async fn lose_key(browser: &Browser, signed_in: &SignedIn) {
    let id = SessionId::new(signed_in.session.clone());
    let session = browser.app.session(&signed_in.session).await.unwrap();
    let without = Session { proof_key: None, revision: session.revision + 1, ..session };
    assert!(browser.app.records.replace_session(&id, &without).await.unwrap());
}

#[tokio::test]
async fn a_session_whose_key_is_lost_ends_where_the_provider_demands_proofs() {
    // T67
    for (policy, goes_on) in [(AUTO, false), (REQUIRED, true)] {
        let registration = Client { dpop_bound_access_tokens: true, ..client() };
        let provider = MockProvider::with_profile(Profile::Plain, registration).await;
        provider.set_dpop("bound").await;
        let browser = with_jwts(Browser::at(TestApp::new(settings(&provider, policy)), provider)).await;
        let signed_in = browser.sign_in().await;
        lose_key(&browser, &signed_in).await;
        browser.app.clock.jump(REPLAY_WINDOW);
        let answer = browser.refresh(&signed_in.session).await;
        match goes_on {
            // The refresh tokens of a client that authenticates itself are bound to no key (RFC 9449 §5).
            true => assert!(bound_to(answer.json()["access_token"].as_str().unwrap()).is_some()),
            false => answer.assert_refused(401, "session_ended"),
        }
    }
}

#[tokio::test]
async fn the_guard_compares_the_binding_of_a_token_with_the_sessions_key() {
    // T67, T74
    for guard in [jwt_access_token::guard(), introspection::guard()] {
        let browser = guarded(guard).await;
        let signed_in = browser.sign_in().await;
        assert!(browser.is_accepted(&signed_in.access_token).await);
        let refreshed = browser.refresh_access_token(&signed_in.session).await;
        assert!(browser.is_accepted(&refreshed).await);
        for (cnf, why) in [
            (json!({ "jkt": OTHER_JKT }), "another key"),
            (json!({ "jkt": browser.key.thumbprint().to_string() }), "the browser's key"),
            (json!(null), "no key"),
            (json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }), "a certificate"),
        ] {
            let person = with_jwts(browser.other_user()).await;
            person.set(json!({ "access_token_claims": { "cnf": cnf } })).await;
            let token = person.sign_in().await.access_token;
            assert!(!person.is_accepted(&token).await, "{why}");
        }
    }
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    // T67, T74: RFC 9449 §7.1
    for guard in [jwt_access_token::guard(), introspection::guard()] {
        let browser = guarded(jwt_access_token::with_bearer_tokens(guard)).await;
        let token = browser.sign_in().await.access_token;
        assert!(browser.is_accepted(&token).await);
        assert!(!browser.is_accepted_as_bearer(&token).await);
    }
}

#[tokio::test]
async fn a_refused_proof_ends_no_session() {
    // T45, T67: the provider may be configured wrongly.
    let browser = browser(AUTO, "bound").await;
    let signed_in = browser.sign_in().await;
    let refused = json!({ "error": "invalid_dpop_proof" }).to_string();
    browser.set(json!({ "refresh_faults": [{ "kind": "response", "status": 400, "body": refused }] })).await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
    browser.refresh_access_token(&signed_in.session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_says_whether_the_tokens_of_a_login_are_bound() {
    // T67, T99
    for (support, reason) in
        [("bound", Some("bound to a key of this server")), ("ignored", Some("bearer access token")), ("none", None)]
    {
        let provider = provider(support).await;
        let server = ServerProcess::start(&provider.issuer, &[("DATABASE_URL", "sqlite::memory:")]).await;
        let app = TestApp::remote(server.port, provider.settings(), storage(Arc::new(MemoryStore::new())));
        Browser::at(app, provider).sign_in().await;
        wait_until("the login is recorded", async || server.log().contains("login.succeeded")).await;
        let log = server.log();
        let line = log.lines().find(|line| line.contains("login.succeeded")).unwrap();
        assert_eq!(line.contains("access token"), reason.is_some(), "{line}");
        assert!(reason.is_none_or(|reason| line.contains(reason)), "{line}");
    }
}
