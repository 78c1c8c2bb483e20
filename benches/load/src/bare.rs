//! The upper limit: an axum server that answers with recorded bytes and does nothing else; below one path, it verifies
//! one P-256 signature first.

use std::{fs, path::Path, str::FromStr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// Below this path, a proof is verified before the answer.
pub const VERIFIED: &str = "/verified";

/// An answer to repeat.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recorded {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The key, as a point, that the request's proof must be signed with.
    pub key: Option<Vec<u8>>,
}

struct Answer {
    headers: HeaderMap,
    body: Bytes,
    key: Option<Vec<u8>>,
}

impl Recorded {
    /// The same answer, after one verification.
    pub fn verified(&self, key: &[u8]) -> Self {
        Self { path: format!("{VERIFIED}{}", self.path), key: Some(key.to_vec()), ..self.clone() }
    }
}

/// Never returns.
pub async fn serve(port: u16, recorded: &Path) {
    let recorded: Vec<Recorded> = serde_json::from_slice(&fs::read(recorded).unwrap()).unwrap();
    let mut router = Router::new();
    for Recorded { path, headers, body, key } in recorded {
        let header = |(name, value): &(String, String)| {
            (HeaderName::from_str(name).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let answer = Answer { headers: headers.iter().map(header).collect(), body: body.into(), key };
        router = router.route(&path, any(repeat).with_state(Arc::new(answer)));
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn repeat(State(answer): State<Arc<Answer>>, headers: HeaderMap, _: Bytes) -> Response {
    match &answer.key {
        Some(key) if !is_signed(&headers, key) => StatusCode::UNAUTHORIZED.into_response(),
        _ => (answer.headers.clone(), answer.body.clone()).into_response(),
    }
}

fn is_signed(headers: &HeaderMap, key: &[u8]) -> bool {
    let proof = headers.get("dpop").and_then(|value| value.to_str().ok()).and_then(|proof| proof.rsplit_once('.'));
    let Some((signed, signature)) = proof else { return false };
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else { return false };
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed.as_bytes(), &signature).is_ok()
}
