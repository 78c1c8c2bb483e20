//! `OIDC_PROFILE=fapi2`: the FAPI 2.0 Security Profile (Final) as a client. Each test names the module of the OpenID Foundation's
//! conformance suite that asks the same (`fapi2-security-profile-final-client-test-…`); `docs/fapi.md` lists them all.

use std::{path::PathBuf, process::Output, sync::OnceLock, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::{
    mock::provider::{Client, Profile, SigningAlgorithm},
    server::{
        auth::{
            access_token::GuardSettings,
            oidc::{ClientAuthentication, ClientKey, ProviderSettings, SecurityProfile},
        },
        config::{Config, Provider, Variables},
    },
};
use serde_json::{Value, json};

use crate::{
    client_key::{KID, ec_key, rsa_key},
    doctor::{doctor, line},
    support::{
        app::TestApp,
        browser::Browser,
        provider::{CLIENT_ID, FRONT_URL, MockProvider, client},
        scripted_provider::{ScriptedProvider, unix_seconds},
        server_process::ServerProcess,
    },
};

/// Our key as operators have it, and its public half as it is registered.
struct Key {
    file: PathBuf,
    jwk: Value,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let (pem, jwk) = ec_key();
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fapi-{}.pem", std::process::id()));
        std::fs::write(&file, pem).unwrap();
        Key { file, jwk }
    })
}

/// How we are registered at a provider that follows the profile.
fn registration() -> Client {
    Client {
        jwks: vec![key().jwk.clone()],
        pushes_requests: true,
        dpop_bound_access_tokens: true,
        id_token_signed_response_alg: SigningAlgorithm::Es256,
        ..client()
    }
}

/// A provider that follows it.
async fn provider(registration: Client) -> MockProvider {
    let provider = MockProvider::with_profile(Profile::Plain, registration).await;
    provider.set_dpop("nonce").await;
    provider
}

/// What a server does with these variables.
fn settings(issuer: &str, more: &[(&str, &str)]) -> (ProviderSettings, GuardSettings) {
    let file = key().file.to_str().unwrap();
    let profile =
        [("FRONT_URL", FRONT_URL), ("OIDC_ISSUER", issuer), ("CLIENT_ID", CLIENT_ID), ("OIDC_PROFILE", "fapi2")];
    let pairs =
        profile.into_iter().chain([("CLIENT_KEY_FILE", file), ("CLIENT_KEY_ID", KID)]).chain(more.iter().copied());
    let config = Config::from_variables(&Variables::from_pairs(pairs)).unwrap();
    match config.provider {
        Provider::Configured(settings) => (*settings, config.guard),
        Provider::Mock(_) => panic!("there is an issuer"),
    }
}

fn at(provider: MockProvider) -> Browser {
    let (settings, guard) = settings(&provider.issuer, &[]);
    Browser::at(TestApp::with_guard(settings, guard), provider)
}

async fn browser() -> Browser {
    at(provider(registration()).await)
}

async fn token_outcomes(browser: &Browser) -> Vec<String> {
    browser.provider.outcomes_for(&browser.user, "token").await
}

fn part(jwt: &str, n: usize) -> Value {
    let part = jwt.split('.').nth(n).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_calls_and_is_refreshed() {
    // `…happy-path`: T02, T04, T60, T62, T67
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Ps256] {
        let browser = at(provider(Client { id_token_signed_response_alg: algorithm, ..registration() }).await);
        let begun = browser.start_login().await;
        let mut names: Vec<_> = begun.params().into_keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["client_id", "request_uri"], "all the rest was pushed");
        let answer = browser.exchange(&browser.authorize(&begun).await).await;
        answer.assert_ok();
        let session = answer.json()["session"].as_str().unwrap().to_owned();
        assert!(browser.is_accepted(answer.json()["access_token"].as_str().unwrap()).await);
        for _ in 0..2 {
            let access_token = browser.refresh_access_token(&session).await;
            assert!(browser.is_accepted(&access_token).await);
        }
        // The nonce came with the answer to the pushed request.
        assert_eq!(browser.provider.outcomes_of("pushed_authorization").await, ["use_dpop_nonce", "ok"]);
        assert_eq!(token_outcomes(&browser).await, ["ok", "ok", "ok"]);
        browser.logout(&session).await.assert_ok();
    }
}

#[tokio::test]
async fn a_provider_without_nonces_for_proofs_is_as_good() {
    // `…happy-path-no-dpop-nonce`: T67
    let browser = browser().await;
    browser.provider.set_dpop("bound").await;
    let signed_in = browser.sign_in().await;
    browser.refresh_access_token(&signed_in.session).await;
    assert_eq!(browser.provider.outcomes_of("pushed_authorization").await, ["ok"]);
    assert_eq!(token_outcomes(&browser).await, ["ok", "ok"]);
}

#[tokio::test]
async fn metadata_of_another_issuer_begins_no_login() {
    // `…discovery-issuer-mismatch`: T20
    let provider = provider(registration()).await;
    let (settings, guard) = settings(&format!("{}/", provider.issuer), &[]);
    let browser = Browser::at(TestApp::with_guard(settings, guard), provider);
    browser.request_authorize().await.assert_refused(502, "provider_unavailable");
    assert_eq!(browser.provider.calls_of("pushed_authorization").await, 0);
}

#[tokio::test]
async fn an_id_token_with_something_wrong_in_it_is_refused_and_nothing_else_is_called() {
    let now = unix_seconds();
    let claims = |claims: Value| json!({ "id_token_claims": claims });
    let fault = |kind: &str| json!({ "token_faults": [{ "kind": kind }] });
    for (module, settings) in [
        ("invalid-iss", fault("wrong_iss")),                                            // T30
        ("invalid-aud", fault("wrong_aud")),                                            // T30
        ("invalid-secondary-aud", claims(json!({ "aud": [CLIENT_ID, "a stranger"] }))), // T30, T31
        ("invalid-null-alg", fault("alg_none")),                                        // T25
        // Validly signed, by a key of the provider's.
        ("invalid-alternate-alg", json!({ "id_token_header": { "alg": "RS256" } })), // T25
        ("invalid-expired-exp", claims(json!({ "iat": now - 600, "exp": now - 301 }))), // T32
        ("invalid-missing-exp", claims(json!({ "exp": null }))),                     // T32
        ("invalid-missing-aud", claims(json!({ "aud": null }))),                     // T30
        ("invalid-missing-iss", claims(json!({ "iss": null }))),                     // T30
        ("invalid-nonce", fault("wrong_nonce")),                                     // T33
        ("invalid-missing-nonce", claims(json!({ "nonce": null }))),                 // T33
    ] {
        let browser = browser().await;
        browser.set(settings).await;
        let answer = browser.login().await;
        assert_eq!(answer.status, 401, "{module}: {answer:?}");
        answer.assert_refused(401, "login_failed");
        assert_eq!(token_outcomes(&browser).await.len(), 1, "{module}");
        assert_eq!(browser.provider.calls_for(&browser.user, "userinfo").await, 0, "{module}");
    }
}

#[tokio::test]
async fn an_audience_in_a_list_is_good() {
    // `…valid-aud-as-array`: T30
    let browser = browser().await;
    browser.set(json!({ "id_token_claims": { "aud": [CLIENT_ID] } })).await;
    browser.sign_in().await;
}

#[tokio::test]
async fn a_response_of_another_issuer_or_of_none_is_refused_before_the_code_is_sent() {
    // `…invalid-authorization-response-iss`, `…remove-authorization-response-iss`: T15, T16, T17
    for fault in ["wrong_iss", "missing_iss"] {
        let browser = browser().await;
        browser.set(json!({ "authorize_response_fault": fault })).await;
        browser.login().await.assert_refused(401, "login_failed");
        assert_eq!(browser.exchanges_seen().await, 0, "{fault}");
    }
}

#[tokio::test]
async fn a_response_without_iss_is_refused_also_where_the_metadata_does_not_announce_it() {
    // T17: this provider's metadata doesn't.
    for (profile, is_refused) in [(SecurityProfile::None, false), (SecurityProfile::Fapi2, true)] {
        let provider = match profile {
            SecurityProfile::None => ScriptedProvider::start().await,
            SecurityProfile::Fapi2 => {
                ScriptedProvider::start_with(|settings| settings.requests.profile = SecurityProfile::Fapi2).await
            }
        };
        let answer = provider.login(|_| {}).await;
        match is_refused {
            true => answer.assert_refused(401, "login_failed"),
            false => answer.assert_ok(),
        }
        assert_eq!(provider.last_request().form.is_empty(), is_refused, "the code is sent nowhere");
    }
}

#[tokio::test]
async fn a_response_with_another_state_or_none_is_refused_before_the_code_is_sent() {
    // `…ensure-authorization-response-with-invalid-state-fails`, `…with-invalid-missing-state-fails`: T06
    for fault in ["wrong_state", "missing_state"] {
        let browser = browser().await;
        browser.set(json!({ "authorize_response_fault": fault })).await;
        let answer = browser.login().await;
        assert!(answer.status.is_client_error(), "{fault}: {answer:?}");
        assert_eq!(browser.exchanges_seen().await, 0, "{fault}");
    }
}

#[tokio::test]
async fn a_token_response_without_expires_in_works() {
    // `…token-endpoint-response-without-expires_in`: T72
    let browser = browser().await;
    browser.set(json!({ "expires_in": "absent" })).await;
    let signed_in = browser.sign_in().await;
    assert!(browser.is_accepted(&signed_in.access_token).await);
    browser.refresh_access_token(&signed_in.session).await;
}

#[tokio::test]
async fn the_token_type_is_read_in_any_case_and_is_dpop() {
    // `…token-type-case-insensitivity`: T23, T67
    for (token_type, is_good) in [("dPoP", true), ("dpop", true), ("Bearer", false), ("N_A", false)] {
        let browser = browser().await;
        browser.set(json!({ "token_type": token_type })).await;
        let answer = browser.login().await;
        match is_good {
            true => answer.assert_ok(),
            false => answer.assert_refused(502, "provider_unavailable"),
        }
    }
}

#[tokio::test]
async fn the_scheme_of_a_bound_token_is_read_in_any_case() {
    // `…rs-dpop-auth-scheme-case-insensitivity`: RFC 9110 §11.1
    let browser = browser().await;
    let access_token = browser.sign_in().await.access_token;
    for scheme in ["DPoP", "dpop", "DPOP"] {
        browser.check_chat(&[&format!("{scheme} {access_token}")]).await.assert_ok();
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_exchanged_for_another() {
    // `…refresh-token-test`: T43, T67. The mock's clock stands still, and takes no assertion that is a minute ahead.
    let browser = browser().await;
    browser.set(json!({ "access_token_ttl": 20 })).await;
    let signed_in = browser.sign_in().await;
    browser.app.clock.jump(Duration::from_secs(20));
    assert!(!browser.is_accepted(&signed_in.access_token).await, "it has expired");
    let access_token = browser.refresh_access_token(&signed_in.session).await;
    assert!(browser.is_accepted(&access_token).await);
    assert_eq!(token_outcomes(&browser).await, ["ok", "ok"]);
}

#[tokio::test]
async fn bearer_tokens_are_discarded_at_login_and_refresh() {
    // §5.3.3.1 (1): T67
    let browser = browser().await;
    let signed_in = browser.sign_in().await;
    browser.set(json!({ "token_type": "Bearer" })).await;
    browser.app.clock.jump(oracle_ai::server::auth::sessions::REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(503, "provider_unavailable");
    browser.set(json!({ "token_type": null })).await;
    browser.refresh_access_token(&signed_in.session).await;
}

#[tokio::test]
async fn a_refreshed_id_token_by_another_algorithm_ends_the_session() {
    // §5.4.1: T25, T42
    let browser = browser().await;
    let signed_in = browser.sign_in().await;
    browser.set(json!({ "id_token_header": { "alg": "RS256" } })).await;
    browser.app.clock.jump(oracle_ai::server::auth::sessions::REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn logout_tokens_and_access_tokens_by_another_algorithm_are_refused() {
    // §5.4.1: T25
    let provider = provider(registration()).await;
    let check = [("ACCESS_TOKEN_CHECK", "jwt"), ("API_AUDIENCE", "https://api.example.com")];
    let (settings, guard) = settings(&provider.issuer, &check);
    let browser = Browser::at(TestApp::with_guard(settings, guard), provider);
    browser.set(json!({ "access_token_format": "jwt" })).await;
    let signed_in = browser.sign_in().await;
    assert_eq!(part(&signed_in.access_token, 0)["alg"], "ES256");
    assert!(browser.is_accepted(&signed_in.access_token).await);
    let person = browser.other_user();
    person.set(json!({ "access_token_format": "jwt", "access_token_header": { "alg": "RS256" } })).await;
    assert!(!person.is_accepted(&person.sign_in().await.access_token).await);

    let send = async |token: &str| {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
        browser.app.post_body("/backchannel-logout", "application/x-www-form-urlencoded", form).await.status
    };
    for (header, status) in [(json!({ "alg": "RS256" }), 400), (json!({}), 200)] {
        let tokens =
            browser.provider.log_out(&browser.user, json!({ "keep": true, "by": "sub", "header": header })).await;
        assert_eq!(part(&tokens[0], 0)["alg"], header.get("alg").cloned().unwrap_or("ES256".into()));
        assert_eq!(send(&tokens[0]).await, status, "{header}");
    }
}

#[tokio::test]
async fn a_client_assertion_is_for_the_issuer_alone_and_never_by_rs256() {
    // §5.3.3.1 (5), §5.4.1: T60. The metadata lists RS256 only.
    let provider = ScriptedProvider::start_with(|settings| {
        let key = ClientKey::from_pem(rsa_key(2048).0.as_bytes(), None).unwrap();
        settings.client_authentication = ClientAuthentication::signed(key, None);
        settings.requests.profile = SecurityProfile::Fapi2;
    })
    .await;
    provider
        .change(|documents| documents.metadata["token_endpoint_auth_signing_alg_values_supported"] = json!(["RS256"]));
    let mut assertions = vec![];
    for _ in 0..2 {
        let begun = provider.browser.start_login().await;
        provider.browser.exchange(&json!({ "code": "any", "state": begun.state, "iss": provider.issuer })).await;
        assertions.push(provider.last_request().form["client_assertion"].clone());
    }
    let [first, second] = [0, 1].map(|n: usize| part(&assertions[n], 1));
    assert_eq!(part(&assertions[0], 0)["alg"], "PS256");
    assert_eq!(first["aud"], json!(provider.issuer), "a string, and no list");
    assert_eq!([&first["iss"], &first["sub"]], [CLIENT_ID, CLIENT_ID]);
    assert_ne!(first["jti"], second["jti"]);
    assert!(first["exp"].as_u64().unwrap() - first["iat"].as_u64().unwrap() <= 60);
}

#[tokio::test]
async fn without_an_endpoint_for_pushed_requests_no_login_begins() {
    // §5.3.3.2 (2): T62, T63. A provider that lacks that endpoint.
    let provider = MockProvider::with_profile(Profile::SiteMinder, registration()).await;
    at(provider).request_authorize().await.assert_refused(502, "provider_unavailable");
}

/// The doctor with the profile.
async fn examined(issuer: &str) -> Output {
    let file = key().file.to_str().unwrap();
    let settings =
        [("OIDC_PROFILE", "fapi2"), ("CLIENT_SECRET", ""), ("CLIENT_KEY_FILE", file), ("CLIENT_KEY_ID", KID)];
    doctor(issuer, &settings).await
}

#[track_caller]
fn says(output: &Output, grade: &str, words: &str) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with(grade) && line[10..].starts_with("FAPI 2.0"));
    assert!(lines.any(|line| line.contains(words)), "no {grade} {words:?} in:\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_shows_each_requirement() {
    // T21, T60, T62, T67
    let provider = provider(registration()).await;
    let output = examined(&provider.issuer).await;
    assert!(output.status.success(), "{output:?}");
    says(&output, "proven", "the settings are those of §5.3.3");
    says(&output, "proven", "one that is not pushed is refused");
    says(&output, "missing", "on loopback without it");
    for words in [
        "private_key_jwt (§5.3.3.1): the metadata lists private_key_jwt",
        "client assertions by our key (§5.4.1): the metadata lists ES256",
        "bound by DPoP with ES256 (§5.3.3.1): the metadata lists ES256",
        "ID tokens by PS256, ES256 or EdDSA (§5.4.1): the metadata lists ES256",
        "pushed authorization requests (§5.3.3.2): the metadata says so",
        "PKCE with S256 (§5.3.3.2): the metadata lists S256",
        "`iss` in authorization responses (§5.3.3.2): the metadata says so",
    ] {
        says(&output, "unproven", words);
    }
    line(&output, "proven", "credentials");
    line(&output, "proven", "pushed requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_shows_where_the_provider_falls_short() {
    // T21, T62, T67
    let registered = Client { pushes_requests: false, ..client() };
    let provider = MockProvider::with_profile(Profile::SiteMinder, registered).await;
    let output = examined(&provider.issuer).await;
    assert_eq!(output.status.code(), Some(1));
    for words in [
        "private_key_jwt (§5.3.3.1): the metadata lists client_secret_basic, client_secret_post instead",
        "ID tokens by PS256, ES256 or EdDSA (§5.4.1): the metadata lists RS256 instead",
        "pushed authorization requests (§5.3.3.2): the metadata has no endpoint",
    ] {
        says(&output, "MISSING", words);
    }
    for words in [
        "client assertions by our key (§5.4.1): the metadata does not say",
        "bound by DPoP with ES256 (§5.3.3.1): the metadata does not say",
        "PKCE with S256 (§5.3.3.2): the metadata does not say",
        "`iss` in authorization responses (§5.3.3.2): the metadata does not announce it",
        "the metadata does not require them, and one that is not pushed is not refused",
    ] {
        says(&output, "missing", words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_where_the_provider_falls_short() {
    // T21, T62
    let provider = MockProvider::with_profile(Profile::SiteMinder, client()).await;
    let file = key().file.to_str().unwrap();
    let settings = [("OIDC_PROFILE", "fapi2"), ("CLIENT_SECRET", ""), ("CLIENT_KEY_FILE", file)];
    let variables = [&settings[..], &[("DATABASE_URL", "sqlite::memory:")]].concat();
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    assert_eq!(server.begin_login().await.status(), 502);
    let log = server.log();
    for what in ["a pushed_authorization_request_endpoint", "`iss` in authorization responses", "DPoP with ES256"] {
        let words = format!("OIDC_PROFILE=fapi2: the provider's metadata does not name {what}");
        assert!(log.contains(&words), "{words}: {log}");
    }
}
