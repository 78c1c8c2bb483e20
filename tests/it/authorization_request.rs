//! `GET /api/authorize`: the authorization request that the browser is sent to the provider with.

use std::{collections::HashSet, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::wire::auth::State;
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::{CALLBACK, CLIENT_ID, MockProvider},
    scripted_provider::ScriptedProvider,
};

#[tokio::test]
async fn it_asks_for_a_code_with_pkce_s256_at_the_providers_authorization_endpoint() {
    let browser = Browser::start();
    let begun = browser.start_login().await;
    let expected = format!("{}/authorize", browser.provider.issuer);
    assert_eq!(begun.authorize_url.as_str().split('?').next(), Some(&*expected));
    let params = begun.params();
    // T01
    assert_eq!(params["response_type"], "code");
    assert_eq!(params["client_id"], CLIENT_ID);
    // T14
    assert_eq!(params["redirect_uri"], CALLBACK);
    // T04
    assert_eq!(params["code_challenge_method"], "S256");
    assert_eq!(params["state"], begun.state);
    // T19
    let mut scopes: Vec<_> = params["scope"].split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["email", "openid", "profile"]);
    assert!(!params.contains_key("prompt"), "{params:?}");
}

#[tokio::test]
async fn the_challenge_is_the_hash_of_a_verifier_that_stays_on_the_server() {
    let browser = Browser::start();
    let begun = browser.start_login().await;
    let kept = browser.app.records.take_pending(&State::new(&begun.state)).await;
    let kept = kept.unwrap().unwrap();
    let verifier = kept.code_verifier.secret();
    // T04
    assert_eq!(begun.params()["code_challenge"], BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    assert_eq!(begun.params()["nonce"], kept.nonce.secret());
    // T03
    assert!(!begun.authorize_url.as_str().contains(verifier));
}

#[tokio::test]
async fn state_nonce_and_verifier_are_256_bits_of_base64url_and_differ_in_every_login() {
    // T05, T64
    let browser = Browser::start();
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let begun = browser.start_login().await;
        let kept = browser.app.records.take_pending(&State::new(&begun.state)).await;
        let kept = kept.unwrap().unwrap();
        for value in [&begun.state, kept.nonce.secret(), kept.code_verifier.secret()] {
            assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(value).unwrap().len(), 32, "{value}");
            assert_eq!(value.len(), 43);
            assert!(seen.insert(value.to_owned()), "{value} came twice");
        }
    }
}

#[tokio::test]
async fn request_parameters_cannot_change_the_provider_or_the_redirect_uri() {
    // T41: third-party initiated login (OpenID Connect Core §4) is not supported.
    let browser = Browser::start();
    let evil = "https://evil.example";
    let path = format!(
        "/api/authorize?dpop_jkt={}&iss={evil}&target_link_uri={evil}/&login_hint=evil&redirect_uri={evil}/",
        browser.key.thumbprint()
    );
    let answer = browser.get(&path).await;
    let url = answer.json()["authorize_url"].as_str().map(str::to_owned);
    assert!(url.is_none_or(|url| url.starts_with(&browser.provider.issuer) && !url.contains("evil")), "{answer:?}");
    for path in ["/login", "/initiate_login", "/api/login"] {
        assert_eq!(browser.app.get(&format!("{path}?iss={evil}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn offline_access_is_asked_for_only_where_configured_and_then_with_consent() {
    // T110
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.scopes.push("offline_access".into());
    let params = Browser::at(TestApp::new(settings), provider).start_login().await.params();
    assert!(params["scope"].split(' ').any(|scope| scope == "offline_access"), "{params:?}");
    assert_eq!(params["prompt"], "consent");
}

#[tokio::test]
async fn a_person_whose_session_was_ended_deliberately_is_asked_for_the_password_again() {
    // OpenID Connect Core §3.1.2.1: `prompt` has `login`, beside what the operator or offline access wants.
    let provider = MockProvider::shared();
    for (scope, by_operator, usual, again) in [
        (None, None, None, "login"),
        (Some("offline_access"), None, Some("consent"), "login consent"),
        (Some("offline_access"), Some(""), None, "login"),
        (None, Some("select_account"), Some("select_account"), "login select_account"),
        (None, Some("login"), Some("login"), "login"),
    ] {
        let mut settings = provider.settings();
        settings.scopes.extend(scope.map(str::to_owned));
        let by_operator = by_operator.map(|value| ("prompt".to_owned(), value.to_owned()));
        settings.requests.authorize_parameters = by_operator.into_iter().collect();
        let browser = Browser::at(TestApp::new(settings), provider.clone());
        let prompt = async |query: &str| {
            let answer = browser.get(&format!("/api/authorize?dpop_jkt={}{query}", browser.key.thumbprint())).await;
            let url = Url::parse(answer.json()["authorize_url"].as_str().unwrap()).unwrap();
            url.query_pairs().find(|(name, _)| name == "prompt").map(|(_, value)| value.into_owned())
        };
        assert_eq!(prompt("").await.as_deref(), usual);
        assert_eq!(prompt("&reauthenticate=false").await.as_deref(), usual);
        assert_eq!(prompt("&reauthenticate=true").await.as_deref(), Some(again));
    }
}

#[tokio::test]
async fn each_resource_is_named_in_the_login_the_exchange_and_every_refresh() {
    // RFC 8707 §2.1, §2.2
    let resources = ["https://api.example.com/chat", "urn:example:models"];
    let provider = ScriptedProvider::start_with(|settings| {
        settings.requests.resources = vec!["https://api.example.com/chat".into(), "urn:example:models".into()];
    })
    .await;
    let named = |pairs: &[(String, String)]| {
        let of_resource = pairs.iter().filter(|(name, _)| name == "resource");
        of_resource.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let begun = provider.browser.start_login().await;
    assert_eq!(named(&begun.authorize_url.query_pairs().into_owned().collect::<Vec<_>>()), resources);
    let login = provider.login(|_| {}).await;
    login.assert_ok();
    assert_eq!(named(&provider.last_request().pairs), resources);
    provider.refresh(login.json()["session"].as_str().unwrap(), |_| {}).await.assert_ok();
    assert_eq!(provider.last_request().form["grant_type"], "refresh_token");
    assert_eq!(named(&provider.last_request().pairs), resources);
}

#[tokio::test]
async fn a_provider_that_is_down_at_startup_is_discovered_later() {
    // The port is reserved, but nothing listens on it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let app = TestApp::new(crate::support::provider::settings(&format!("http://{address}")));
    let too_early = Browser::at(app.clone(), MockProvider::shared()).request_authorize().await;
    too_early.assert_refused(502, "provider_unavailable");

    drop(socket);
    let browser = Browser::at(app, MockProvider::at(address).await);
    browser.sign_in().await;
}

#[tokio::test]
async fn discovery_is_retried_at_the_next_login_after_a_503() {
    for endpoint in ["discovery", "jwks"] {
        let provider = MockProvider::dedicated().await;
        provider.set_outage(&[endpoint]).await;
        let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
        browser.request_authorize().await.assert_refused(502, "provider_unavailable");
        provider.set_outage(&[]).await;
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn stale_metadata_is_used_during_an_outage() {
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    browser.start_login().await;
    provider.set_outage(&["discovery", "jwks"]).await;
    browser.sign_in().await;
    browser.app.clock.jump(Duration::from_secs(2 * 60 * 60));
    browser.start_login().await;
}

#[tokio::test]
async fn metadata_with_a_different_issuer_is_rejected() {
    // T20
    let provider = MockProvider::shared();
    for issuer in [format!("{}/", provider.issuer), provider.issuer.replace("127.0.0.1", "localhost")] {
        let browser = Browser::at(TestApp::new(crate::support::provider::settings(&issuer)), provider.clone());
        browser.request_authorize().await.assert_refused(502, "provider_unavailable");
    }
}

#[tokio::test]
async fn concurrent_logins_share_one_discovery() {
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    futures_util::future::join_all((0..20).map(|_| browser.start_login())).await;
    assert_eq!(provider.calls_of("discovery").await, 1);
    assert_eq!(provider.calls_of("jwks").await, 1);
}
