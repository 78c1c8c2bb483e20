//! A provider whose token responses a test writes, valid or not: for what the mock provider can't do.
//!
//! It has no login page: it accepts any code, and the test puts the `nonce` into the claims.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::auth::oidc::ProviderSettings;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    signature::{SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{
    app::{TestApp, TestResponse},
    browser::Browser,
    provider::{CLIENT_ID, CLIENT_SECRET, MockProvider, settings},
};

/// Whose ID token it is, unless a test says otherwise.
pub const SUB: &str = "uid=ada,ou=people,dc=example";

pub const WEAK_KID: &str = "weak";

/// The next answer of the token endpoint.
#[derive(Clone, Debug)]
pub struct Script {
    pub content_type: &'static str,
    /// In the ID token's header.
    pub header: Value,
    pub claims: Value,
    /// The other members of the answer; `id_token` takes the place of the signed one.
    pub members: Value,
}

type Headers = [(header::HeaderName, &'static str); 2];

/// What a test changes in the good answer.
pub type Change = fn(&mut Script);

pub struct ScriptedProvider {
    pub issuer: String,
    /// At an application that is registered here.
    pub browser: Browser,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Script>,
    /// The last token request.
    request: Mutex<TokenRequest>,
    /// Of all other answers.
    headers: Headers,
    documents: Mutex<Documents>,
    /// While a test holds it, requests for the metadata wait.
    metadata: tokio::sync::Mutex<()>,
    metadata_requests: AtomicUsize,
}

/// What the other endpoints answer.
#[derive(Clone, Debug)]
pub struct Documents {
    pub metadata: Value,
    pub jwks: Value,
    /// A text is sent as a JWT.
    pub userinfo: Value,
}

/// What came to the token endpoint.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    pub form: HashMap<String, String>,
    /// The same with what comes more than once.
    pub pairs: Vec<(String, String)>,
}

impl ScriptedProvider {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Where we are registered in another way.
    pub async fn start_with(change: fn(&mut ProviderSettings)) -> Self {
        Self::start_declaring("application/json", change).await
    }

    /// Whose answers have this `Date`.
    pub async fn start_dated(date: &'static str) -> Self {
        Self::start_sending([(header::CONTENT_TYPE, "application/json"), (header::DATE, date)], |_| {}).await
    }

    /// Where metadata, keys and userinfo are declared as this.
    pub async fn start_declaring(content_type: &'static str, change: fn(&mut ProviderSettings)) -> Self {
        Self::start_sending([(header::CONTENT_TYPE, content_type), (header::VARY, "*")], change).await
    }

    async fn start_sending(headers: Headers, change: fn(&mut ProviderSettings)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let script = Mutex::new(Script::good(&issuer, ""));
        let shared = Arc::new(Shared {
            script,
            request: Mutex::default(),
            headers,
            documents: Mutex::new(Documents {
                metadata: metadata(&issuer),
                jwks: jwks(),
                userinfo: json!({ "sub": SUB, "name": "Ada of userinfo" }),
            }),
            metadata: tokio::sync::Mutex::default(),
            metadata_requests: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async |State(shared): State<Arc<Shared>>| {
                    shared.metadata_requests.fetch_add(1, Ordering::Relaxed);
                    let _answers = shared.metadata.lock().await;
                    let metadata = shared.documents().metadata;
                    declared(&shared, metadata)
                }),
            )
            .route("/jwks", get(async |State(shared): State<Arc<Shared>>| declared(&shared, shared.documents().jwks)))
            .route("/userinfo", get(userinfo))
            .route("/token", post(token))
            .with_state(shared.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        let mut settings = settings(&issuer);
        change(&mut settings);
        let browser = Browser::at(TestApp::new(settings), MockProvider::shared());
        Self { browser, issuer, shared }
    }

    /// A login whose ID token is a good one with these changes; claims set to `null` are left out.
    pub async fn login(&self, change: impl FnOnce(&mut Script)) -> TestResponse {
        let begun = self.browser.start_login().await;
        let mut script = Script::good(&self.issuer, &begun.params()["nonce"]);
        change(&mut script);
        *self.shared.script.lock().unwrap() = script;
        self.browser.exchange(&json!({ "code": "any", "state": begun.state })).await
    }

    /// The end of a login that was begun in another way, with these further claims and the session that the browser has.
    pub async fn finish_login(&self, begun: &Value, previous: Option<&str>, claims: &Value) -> TestResponse {
        let url: url::Url = begun["authorize_url"].as_str().unwrap().parse().unwrap();
        let nonce = url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        let mut script = Script::good(&self.issuer, &nonce);
        script.claims.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        *self.shared.script.lock().unwrap() = script;
        let response = json!({ "code": "any", "state": begun["state"], "previous_session": previous });
        self.browser.exchange(&response).await
    }

    /// A refresh that is answered likewise.
    pub async fn refresh(&self, session: &str, change: impl FnOnce(&mut Script)) -> TestResponse {
        let mut script = Script::good(&self.issuer, "");
        script.claims["nonce"] = Value::Null;
        change(&mut script);
        *self.shared.script.lock().unwrap() = script;
        self.browser.refresh(session).await
    }

    /// Changes what the other endpoints answer from now on.
    pub fn change(&self, change: impl FnOnce(&mut Documents)) {
        change(&mut self.shared.documents.lock().unwrap());
    }

    /// Requests for its metadata hang while this is held.
    pub async fn hang_metadata(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.shared.metadata.lock().await
    }

    pub fn metadata_requests(&self) -> usize {
        self.shared.metadata_requests.load(Ordering::Relaxed)
    }

    pub fn last_request(&self) -> TokenRequest {
        self.shared.request.lock().unwrap().clone()
    }
}

impl Shared {
    fn documents(&self) -> Documents {
        self.documents.lock().unwrap().clone()
    }
}

impl Script {
    fn good(issuer: &str, nonce: &str) -> Self {
        let now = unix_seconds();
        Self {
            content_type: "application/json",
            header: json!({ "alg": "RS256", "kid": "1" }),
            claims: json!({
                "iss": issuer, "sub": SUB, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
                "name": "Ada",
            }),
            members: json!({
                "access_token": format!("at-{}", unique()), "refresh_token": format!("rt-{}", unique()),
                "token_type": "Bearer", "expires_in": 300,
            }),
        }
    }
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, form: Bytes) -> Response {
    *shared.request.lock().unwrap() = TokenRequest {
        authorization: headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned()),
        form: form_urlencoded::parse(&form).into_owned().collect(),
        pairs: form_urlencoded::parse(&form).into_owned().collect(),
    };
    let script = shared.script.lock().unwrap().clone();
    let mut claims = script.claims;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let mut answer = script.members;
    if answer.get("id_token").is_none() {
        answer["id_token"] = sign(&script.header, &claims).into();
    }
    ([(header::CONTENT_TYPE, script.content_type)], answer.to_string()).into_response()
}

async fn userinfo(State(shared): State<Arc<Shared>>) -> Response {
    match shared.documents().userinfo {
        Value::String(jwt) => ([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response(),
        claims => declared(&shared, claims),
    }
}

fn declared(shared: &Shared, document: Value) -> Response {
    (shared.headers.clone(), document.to_string()).into_response()
}

/// A JWT signed by this provider's key, unless its header says otherwise: by the weak one with the `kid` [`WEAK_KID`].
pub fn sign(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = match header["alg"].as_str() {
        Some("HS256") => hmac_sha256(CLIENT_SECRET.as_bytes(), signed.as_bytes()),
        Some("none") => vec![],
        _ if header["kid"] == WEAK_KID => {
            SigningKey::<Sha256>::new(weak_key().clone()).sign(signed.as_bytes()).to_vec()
        }
        _ => SigningKey::<Sha256>::new(key().clone()).sign(signed.as_bytes()).to_vec(),
    };
    format!("{signed}.{}", base64url(signature))
}

/// RFC 2104, for a key that fits into a block.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
    })
}

fn jwks() -> Value {
    json!({ "keys": [jwk("1", key())] })
}

/// The public half of a key of 1024 bits, which is in no key set before a test adds it.
pub fn weak_jwk() -> Value {
    jwk(WEAK_KID, weak_key())
}

fn jwk(kid: &str, key: &RsaPrivateKey) -> Value {
    let [n, e] = [key.n(), key.e()].map(|number| base64url(number.to_bytes_be()));
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e })
}

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap())
}

fn weak_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut rand::rngs::OsRng, 1024).unwrap())
}

pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn unique() -> u64 {
    rand::random()
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
