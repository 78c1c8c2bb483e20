//! An OpenID provider without state and without login pages: the code itself names the user, the nonce and the lifetime
//! of access tokens. ID tokens are signed with ES256, in some ten microseconds.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::State,
    routing::{get, post},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{base64url, random_text};

pub const CLIENT_ID: &str = "bench";
pub const CLIENT_SECRET: &str = "not a secret";

pub struct Provider {
    pub issuer: String,
}

struct Shared {
    issuer: String,
    key: EcdsaKeyPair,
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    code: Option<String>,
    refresh_token: Option<String>,
}

/// A code for this user's login with this nonce; its access tokens live for `lifetime` seconds.
pub fn code(user: &str, nonce: &str, lifetime: u64) -> String {
    format!("{user}~{nonce}~{lifetime}")
}

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/revoke", post(async || ()))
            .with_state(Arc::new(Shared { issuer: issuer.clone(), key }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer }
    }
}

async fn metadata(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", shared.issuer);
    Json(json!({
        "issuer": shared.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "revocation_endpoint": at("revoke"),
        "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let point = shared.key.public_key().as_ref();
    let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1", "x": x, "y": y }] }))
}

async fn token(State(shared): State<Arc<Shared>>, Form(request): Form<TokenRequest>) -> Json<Value> {
    let is_login = request.grant_type == "authorization_code";
    let granted = if is_login { request.code } else { request.refresh_token }.unwrap();
    let mut parts = granted.splitn(3, '~');
    let (user, second, lifetime) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let mut answer = json!({
        "access_token": format!("{}{}", random_text(), random_text()),
        "token_type": "Bearer",
        "expires_in": lifetime.parse::<u64>().unwrap(),
        "refresh_token": format!("{user}~{}~{lifetime}", random_text()),
    });
    // As most providers: with a refresh, none is sent.
    if is_login {
        answer["id_token"] = shared.id_token(user, second).into();
    }
    Json(answer)
}

impl Shared {
    /// With the claims that companies' directories have.
    fn id_token(&self, user: &str, nonce: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": self.issuer, "sub": user, "aud": CLIENT_ID, "iat": now, "exp": now + 3600, "auth_time": now,
            "nonce": nonce, "sid": format!("s-{user}"), "name": "Ada Lovelace", "preferred_username": user,
            "email": format!("{user}@example.com"), "amr": ["pwd", "otp"], "acr": "urn:example:silver",
        });
        let header = base64url(r#"{"alg":"ES256","kid":"1","typ":"JWT"}"#);
        let signed = format!("{header}.{}", base64url(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }
}
