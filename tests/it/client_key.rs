//! Client authentication with a key (`private_key_jwt`), and pushed authorization requests (RFC 9126).

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use oracle_ai::{
    mock::provider::{Client, Profile},
    server::auth::{
        access_token::GuardSettings,
        oidc::{ClientAuthentication, ClientKey, ClientKeyError},
    },
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use rsa::{RsaPrivateKey, pkcs8::EncodePrivateKey, traits::PublicKeyParts};
use serde_json::{Value, json};

use crate::{
    introspection,
    support::{
        app::TestApp,
        browser::Browser,
        provider::{CLIENT_ID, MockProvider, client},
    },
};

pub const KID: &str = "ours";

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der))
}

/// The private half in PEM, and the public one as a JWK.
pub fn ec_key() -> (String, Value) {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).unwrap();
    let [x, y] = [1..33, 33..65].map(|half| BASE64_URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[half]));
    (pem(der.as_ref()), json!({ "kty": "EC", "crv": "P-256", "kid": KID, "x": x, "y": y }))
}

pub fn ed25519_key() -> (String, Value) {
    let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
    (pem(der.as_ref()), json!({ "kty": "OKP", "crv": "Ed25519", "kid": KID, "x": x }))
}

pub fn rsa_key(bits: usize) -> (String, Value) {
    let key = RsaPrivateKey::new(&mut rand::rngs::OsRng, bits).unwrap();
    let [n, e] = [key.n(), key.e()].map(|number| BASE64_URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
    let jwk = json!({ "kty": "RSA", "kid": KID, "n": n, "e": e });
    (pem(key.to_pkcs8_der().unwrap().as_bytes()), jwk)
}

fn signing_with(pem: &str, audience: Option<String>) -> ClientAuthentication {
    let key = ClientKey::from_pem(pem.as_bytes(), Some(KID.into())).unwrap();
    ClientAuthentication::signed(key, audience)
}

/// A browser at a server that signs with this key, at a provider with this registration.
async fn signing(pem: &str, client: Client) -> Browser {
    let provider = MockProvider::with_profile(Profile::Plain, client).await;
    let mut settings = provider.settings();
    settings.client_authentication = signing_with(pem, None);
    Browser::at(TestApp::with_guard(settings, introspection::guard()), provider)
}

#[tokio::test]
async fn private_key_jwt_signs_a_new_assertion_for_every_request() {
    // T02, T60: each assertion is good once.
    for (pem, jwk) in [ec_key(), ed25519_key(), rsa_key(2048)] {
        for pushes_requests in [false, true] {
            let browser = signing(&pem, Client { jwks: vec![jwk.clone()], pushes_requests, ..client() }).await;
            let signed_in = browser.sign_in().await;
            assert!(browser.is_accepted(&signed_in.access_token).await);
            let access_token = browser.refresh_access_token(&signed_in.session).await;
            assert!(browser.is_accepted(&access_token).await);
        }
    }
}

#[tokio::test]
async fn the_audience_of_assertions_can_be_the_token_endpoint_and_no_other_url_is_accepted() {
    // T60
    let (pem, jwk) = ec_key();
    for (path, is_believed) in [("/token", true), ("/elsewhere", false)] {
        let provider = MockProvider::with_profile(Profile::Plain, Client { jwks: vec![jwk.clone()], ..client() }).await;
        let mut settings = provider.settings();
        settings.client_authentication = signing_with(&pem, Some(format!("{}{path}", provider.issuer)));
        let browser = Browser::at(TestApp::new(settings), provider);
        let status = browser.login().await.status;
        assert_eq!(status.is_success(), is_believed, "{path}");
    }
}

#[tokio::test]
async fn where_a_key_is_registered_another_key_or_a_secret_is_refused() {
    // T02
    let (_, jwk) = ec_key();
    let (another, _) = ec_key();
    let browser = signing(&another, Client { jwks: vec![jwk.clone()], ..client() }).await;
    browser.login().await.assert_refused(502, "provider_unavailable");
    let provider = MockProvider::with_profile(Profile::Plain, Client { jwks: vec![jwk], ..client() }).await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider);
    browser.login().await.assert_refused(502, "provider_unavailable");
}

#[test]
fn keys_that_are_too_short_are_refused() {
    assert!(matches!(ClientKey::from_pem(rsa_key(1024).0.as_bytes(), None), Err(ClientKeyError::Unsupported)));
    for no_key in ["", "secret", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"] {
        assert!(matches!(ClientKey::from_pem(no_key.as_bytes(), None), Err(ClientKeyError::NotPkcs8)), "{no_key}");
    }
}

#[test]
fn a_key_of_openssl_that_has_no_public_half_is_read() {
    // T60. RFC 8410 §10.3
    let pem = pem(&BASE64_STANDARD.decode("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC").unwrap());
    let key = ClientKey::from_pem(pem.as_bytes(), None).unwrap();
    let expected = json!({ "kty": "OKP", "crv": "Ed25519", "x": "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE" });
    assert_eq!(Value::Object(key.public_jwk()), expected);
    assert_eq!(key.algorithm(), "EdDSA");
}

#[tokio::test]
async fn the_browser_sees_only_the_request_uri_of_a_pushed_request() {
    // T62, T63
    for (pushes_requests, pushed) in [(true, false), (false, true)] {
        let provider = MockProvider::with_profile(Profile::Plain, Client { pushes_requests, ..client() }).await;
        let mut settings = provider.settings();
        settings.requests.pushed = pushed;
        let browser = Browser::at(TestApp::with_guard(settings, GuardSettings::default()), provider);
        let begun = browser.start_login().await;
        let params = begun.params();
        assert_eq!(params.len(), 2, "{params:?}");
        assert_eq!(params["client_id"], CLIENT_ID);
        assert!(params["request_uri"].starts_with("urn:ietf:params:oauth:request_uri:"));
        let response = browser.authorize(&begun).await;
        assert_eq!(response["state"], begun.state);
        browser.exchange(&response).await.assert_ok();
        assert_eq!(browser.provider.calls_of("pushed_authorization").await, 1);
    }
}

#[tokio::test]
async fn a_pushed_request_that_expired_is_pushed_again_by_the_next_login() {
    // T62
    let provider = MockProvider::with_profile(Profile::Plain, Client { pushes_requests: true, ..client() }).await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider);
    let begun = browser.start_login().await;
    browser.provider.expire_pushed().await;
    assert_eq!(reqwest::get(begun.authorize_url).await.unwrap().status(), 400);
    browser.sign_in().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_pushed_is_never_sent_through_the_browser_instead() {
    // T63
    let provider = MockProvider::with_profile(Profile::Plain, Client { pushes_requests: true, ..client() }).await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider);
    browser.start_login().await;
    browser.provider.set_outage(&["pushed_authorization"]).await;
    browser.request_authorize().await.assert_refused(502, "provider_unavailable");
}
