//! A browser's key, and the proofs made with it (RFC 9449 §4.2), by no code of the server's.

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    http::{HeaderMap, HeaderName, Method, Request, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::auth::dpop::Thumbprint;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::support::{app::with_host, provider::FRONT_URL};

pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

#[derive(Clone)]
pub struct Prover {
    key: Arc<EcdsaKeyPair>,
    /// The latest that the server issued to this key.
    nonce: Arc<Mutex<Option<String>>>,
}

/// Goes along with a request, as an extension: what its proof was made of, to make it again with the nonce of a refusal
/// (RFC 9449 §8).
#[derive(Clone)]
pub struct Signed {
    prover: Prover,
    claims: Value,
}

impl Prover {
    pub fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self { key: Arc::new(key), nonce: Arc::default() }
    }

    pub fn nonce(&self) -> Option<String> {
        self.nonce.lock().unwrap().clone()
    }

    /// Remembers the nonce of an answer, of whatever status (RFC 9449 §8.2).
    pub fn keep_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = headers.get(DPOP_NONCE) {
            *self.nonce.lock().unwrap() = Some(nonce.to_str().unwrap().to_owned());
        }
    }

    /// RFC 7638
    pub fn thumbprint(&self) -> Thumbprint {
        let [x, y] = self.coordinates();
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        base64url(Sha256::digest(jwk)).parse().unwrap()
    }

    /// The proof with these claims, whatever they are.
    pub fn sign(&self, claims: &Value) -> String {
        let [x, y] = self.coordinates();
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }

    /// The name by which a proof of this key is remembered: SHA-256 of thumbprint and `jti`.
    pub fn jti_hash(&self, jti: &str) -> String {
        base64url(Sha256::digest(format!("{}{jti}", self.thumbprint())))
    }

    /// `x` and `y` of the uncompressed point (SEC 1 §2.3.3).
    fn coordinates(&self) -> [String; 2] {
        let point = self.key.public_key().as_ref();
        [base64url(&point[1..33]), base64url(&point[33..65])]
    }
}

impl Signed {
    /// What `prover` signed for a request.
    pub fn new(prover: &Prover, claims: Value) -> Self {
        Self { prover: prover.clone(), claims }
    }

    /// The proof with the latest nonce, and a `jti` of its own.
    fn again(&self) -> String {
        let mut claims = self.claims.clone();
        claims["jti"] = new_jti().into();
        claims["nonce"] = self.prover.nonce().into();
        self.prover.sign(&claims)
    }
}

/// The answer; where it asks for another nonce and the request can be made again, that to the second try.
pub async fn send(doors: &Router, request: Request<Body>) -> Response {
    let request = with_host(request);
    // A body that streams can be sent once.
    let signed = request.extensions().get::<Signed>().filter(|_| request.body().size_hint().exact().is_some());
    let Some(signed) = signed.cloned() else {
        return doors.clone().oneshot(request).await.unwrap();
    };
    let (mut head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut tries = 0;
    loop {
        tries += 1;
        let request = Request::from_parts(head.clone(), Body::from(body.clone()));
        let response = doors.clone().oneshot(request).await.unwrap();
        signed.prover.keep_nonce(response.headers());
        if tries == 2 || !asks_for_nonce(response.status(), response.headers()) {
            return response;
        }
        head.headers.insert("dpop", signed.again().parse().unwrap());
    }
}

/// Whether an answer asks for a proof with the nonce that it brings.
fn asks_for_nonce(status: StatusCode, headers: &HeaderMap) -> bool {
    let challenge = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    status == StatusCode::UNAUTHORIZED && challenge.contains(r#"error="use_dpop_nonce""#)
}

/// What a good proof without a nonce claims for a request, with a `jti` of its own. `path` may have a query; a proof has none.
pub fn claims(method: &Method, path: &str, now: SystemTime) -> Value {
    let path = path.split('?').next().unwrap();
    json!({
        "jti": new_jti(),
        "htm": method.as_str(),
        "htu": format!("{FRONT_URL}{path}"),
        "iat": now.duration_since(UNIX_EPOCH).unwrap().as_secs(),
    })
}

/// What a proof that goes along with this access token claims as `ath`.
pub fn token_hash(access_token: &str) -> String {
    base64url(Sha256::digest(access_token))
}

fn new_jti() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
