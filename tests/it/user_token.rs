//! The token that identifies the user to the model's server (`CHAT_USER_TOKEN_*`): verified as a gateway would, with the keys that
//! the server publishes.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::{
    mock::upstream::Upstream as MockUpstream,
    server::{
        Services,
        auth::oidc::{ClientKey, Credentials},
        chat::{
            models::Models,
            upstream::{
                ApiKey, ApiStyle, ChatCompletions, SubjectForm, Timeouts, UpstreamSettings, UserTokenSettings,
                UserTokens,
            },
        },
        environment::Environment,
    },
    wire::options::Disclosure,
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};

use crate::{
    client_key::{ec_key, ed25519_key, rsa_key},
    conversation_store::in_memory,
    support::{
        app::TestApp,
        browser::Browser,
        chat_client::{ChatClient, LONG_GRACE, message},
        provider::MockProvider,
        scripted_upstream::ScriptedUpstream,
    },
};

const AUDIENCE: &str = "https://gateway.example.com";
const API_KEY: &str = "sk-not-for-anyone";

/// A gateway that records what it gets, and a person who chats through it.
struct Gateway {
    mock: MockUpstream,
    client: ChatClient,
    keys: KeysFile,
}

/// Removed with the test.
struct KeysFile(PathBuf);

impl KeysFile {
    fn new(pem: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static FILES: AtomicU32 = AtomicU32::new(0);
        let name = format!("oracle-ai-user-token-{}-{}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        let file = Self(std::env::temp_dir().join(name));
        file.write(pem);
        file
    }

    fn write(&self, pem: &str) {
        std::fs::write(&self.0, pem).unwrap();
    }
}

impl Drop for KeysFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn disclosing_all() -> Disclosure {
    Disclosure { is_pseudonym: false, name: true, email: true, roles: true }
}

impl Gateway {
    async fn start(pem: &str, subject: SubjectForm, disclosure: Disclosure) -> Self {
        Self::start_with(pem, subject, disclosure, true).await
    }

    async fn start_with(pem: &str, subject: SubjectForm, disclosure: Disclosure, takes_user_token: bool) -> Self {
        let mock = MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap();
        let keys = KeysFile::new(pem);
        let parse = |pem: &[u8]| ClientKey::all_from_pem(pem, None).map_err(|error| error.to_string());
        let settings = UserTokenSettings {
            keys: Arc::new(Credentials::in_file(&keys.0, parse).unwrap()),
            issuer: "http://localhost:8080".into(),
            audience: AUDIENCE.into(),
            header: "x-user-token".parse().unwrap(),
            subject,
            disclosure,
        };
        let upstream = UpstreamSettings {
            base_url: mock.base_url().parse().unwrap(),
            api_key: Some(ApiKey::new(API_KEY)),
            model: "mock".into(),
            system_prompt: None,
            style: ApiStyle::OpenAi,
            timeouts: Timeouts::default(),
            max_tokens: None,
            takes_user_token,
            tls: Default::default(),
        };
        let provider = MockProvider::shared();
        let app = TestApp::with_services(provider.settings(), |services, environment| {
            let tokens = UserTokens::new(settings, environment.clone());
            let completions = ChatCompletions::new(upstream, Environment::system()).unwrap();
            let models = Models::one(Arc::new(completions.with_user_tokens(Some(tokens.clone()))));
            let services = services.with_chat(in_memory(), models, LONG_GRACE, environment);
            Services { user_tokens: Some(tokens), ..services }
        });
        let browser = Browser::at(app, provider);
        browser.set(json!({ "roles": ["dba", "staff"], "claims": { "email": "ada@example.com" } })).await;
        let client = ChatClient::of_browser(browser, ScriptedUpstream::new()).await;
        Self { mock, client, keys }
    }

    /// Asks, and returns the token that arrived with each request to the model.
    async fn tokens(&self, text: &str) -> Vec<Option<String>> {
        self.client.send(&message(text)).await.rest().await;
        let url = format!("{}/__control/requests?containing={}", self.mock.origin(), text.replace(' ', "+"));
        let requests: Vec<Value> = reqwest::get(url).await.unwrap().json().await.unwrap();
        requests.iter().map(|request| request["user_token"].as_str().map(str::to_owned)).collect()
    }

    async fn jwks(&self) -> Vec<Value> {
        let answer = self.client.browser.app.get("/.well-known/jwks.json").await;
        answer.assert_ok();
        answer.json()["keys"].as_array().unwrap().clone()
    }

    /// The header and claims of a token, once its signature is verified.
    async fn verified(&self, token: &str) -> (Value, Value) {
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("{token}") };
        let (signed, signature) = (format!("{header}.{claims}"), decoded(signature));
        let (header, claims): (Value, Value) =
            (serde_json::from_slice(&decoded(header)).unwrap(), serde_json::from_slice(&decoded(claims)).unwrap());
        let keys = self.jwks().await;
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!((&key["alg"], &key["use"]), (&header["alg"], &json!("sig")));
        let part = |name: &str| decoded(key[name].as_str().unwrap());
        match key["kty"].as_str().unwrap() {
            "EC" => {
                let point = [vec![4], part("x"), part("y")].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(signed.as_bytes(), &signature).unwrap();
            }
            "OKP" => {
                let key = UnparsedPublicKey::new(&ED25519, part("x"));
                key.verify(signed.as_bytes(), &signature).unwrap();
            }
            "RSA" => {
                let key = RsaPublicKeyComponents { n: part("n"), e: part("e") };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
            }
            other => panic!("{other}"),
        }
        (header, claims)
    }
}

fn decoded(part: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn only(mut tokens: Vec<Option<String>>) -> String {
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    tokens.remove(0).unwrap()
}

#[tokio::test]
async fn a_gateway_verifies_who_asks_and_where_by_the_published_key() {
    for (pem, alg) in [(ec_key().0, "ES256"), (ed25519_key().0, "EdDSA"), (rsa_key(2048).0, "RS256")] {
        let gateway = Gateway::start(&pem, SubjectForm::Plain, disclosing_all()).await;
        let (header, claims) = gateway.verified(&only(gateway.tokens("who am I").await)).await;
        assert_eq!((&header["alg"], &header["typ"]), (&json!(alg), &json!("JWT")));
        assert_eq!(claims["iss"], "http://localhost:8080");
        assert_eq!(claims["aud"], AUDIENCE);
        assert!(claims["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{claims}");
        assert_eq!(claims["roles"], json!(["dba", "staff"]));
        assert_eq!(claims["conversation_id"], "c");
        assert!(claims["name"].is_string(), "{claims}");
        assert_eq!(claims["email"], "ada@example.com");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
        assert!(iat <= now && exp > now && exp - iat == 60, "{claims}");
    }
}

#[tokio::test]
async fn by_default_the_person_is_a_code_that_stays_the_same_and_nothing_else_is_told() {
    let disclosure = Disclosure { is_pseudonym: true, ..Disclosure::default() };
    let gateway = Gateway::start(&ec_key().0, SubjectForm::Pseudonym, disclosure).await;
    let (_, first) = gateway.verified(&only(gateway.tokens("first").await)).await;
    let (_, second) = gateway.verified(&only(gateway.tokens("second").await)).await;
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["jti"], second["jti"], "each request has a token of its own");
    let names: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["aud", "conversation_id", "exp", "iat", "iss", "jti", "sub"]);
    assert!(!first.to_string().contains(&gateway.client.browser.user), "{first}");

    let options = gateway.client.get("/api/chat/options").await.json();
    assert_eq!(options["disclosure"], json!({ "is_pseudonym": true, "name": false, "email": false, "roles": false }));
}

#[tokio::test]
async fn each_try_of_a_request_has_a_token_of_its_own() {
    let gateway = Gateway::start(&ec_key().0, SubjectForm::Plain, disclosing_all()).await;
    let rule = json!({ "when": "again", "name": "rate-limited-ms", "number": 1, "times": 1 });
    let url = format!("{}/__control/scenario", gateway.mock.origin());
    reqwest::Client::new().post(url).body(rule.to_string()).send().await.unwrap();
    let tokens: Vec<_> = gateway.tokens("again").await.into_iter().flatten().collect();
    let [first, second] = &tokens[..] else { panic!("{tokens:?}") };
    assert_ne!(gateway.verified(first).await.1["jti"], gateway.verified(second).await.1["jti"]);
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs_and_the_last_one_after_it() {
    let (old, new) = (ec_key().0, ec_key().0);
    let named = |name: &str, pem: &str| format!("kid: {name}\n{pem}");
    let (old, new) = (named("old", &old), named("new", &new));
    let gateway = Gateway::start(&old, SubjectForm::Plain, disclosing_all()).await;
    let kids =
        async || gateway.jwks().await.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kids().await, ["old"]);

    gateway.keys.write(&format!("{old}{new}"));
    assert_eq!(kids().await, ["old", "new"]);
    let token = only(gateway.tokens("one").await);
    assert_eq!(gateway.verified(&token).await.0["kid"], "old");

    gateway.keys.write(&format!("{new}\n{old}"));
    assert_eq!(gateway.verified(&only(gateway.tokens("two").await)).await.0["kid"], "new");
    // A token that was signed a moment ago is still good.
    assert_eq!(gateway.verified(&token).await.0["kid"], "old");
}

#[tokio::test]
async fn a_model_at_another_server_is_told_nothing_and_without_the_setting_there_are_no_keys() {
    let gateway = Gateway::start_with(&ec_key().0, SubjectForm::Plain, disclosing_all(), false).await;
    assert_eq!(gateway.tokens("elsewhere").await, [None]);

    let plain = ChatClient::start().await;
    let answer = plain.browser.app.get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, 404);
    let options = plain.get("/api/chat/options").await;
    options.assert_ok();
    assert_eq!(options.json()["disclosure"], Value::Null);
}
