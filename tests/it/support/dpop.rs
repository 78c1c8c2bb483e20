//! A DPoP key and its proofs (RFC 9449 §4.2), independent of the server's code.

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
pub struct DpopKey {
    key: Arc<EcdsaKeyPair>,
    /// The latest nonce from the server for this key.
    nonce: Arc<Mutex<Option<String>>>,
}

/// An extension of a request: the claims of its proof, to sign them again with another nonce (RFC 9449 §8).
#[derive(Clone)]
pub struct ProofClaims {
    key: DpopKey,
    claims: Value,
}

impl DpopKey {
    pub fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self { key: Arc::new(key), nonce: Arc::default() }
    }

    pub fn nonce(&self) -> Option<String> {
        self.nonce.lock().unwrap().clone()
    }

    /// Stores the nonce of a response of any status (RFC 9449 §8.2).
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

    /// A proof with these claims, valid or not.
    pub fn sign(&self, claims: &Value) -> String {
        let [x, y] = self.coordinates();
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }

    /// The name under which the server stores a `jti` of this key: SHA-256 of thumbprint and `jti`.
    pub fn jti_hash(&self, jti: &str) -> String {
        base64url(Sha256::digest(format!("{}{jti}", self.thumbprint())))
    }

    /// `x` and `y` of the uncompressed point (SEC 1 §2.3.3).
    fn coordinates(&self) -> [String; 2] {
        let point = self.key.public_key().as_ref();
        [base64url(&point[1..33]), base64url(&point[33..65])]
    }
}

impl ProofClaims {
    /// The claims that `key` signed for a request.
    pub fn new(key: &DpopKey, claims: Value) -> Self {
        Self { key: key.clone(), claims }
    }

    /// A proof with the latest nonce and a new `jti`.
    fn sign_again(&self) -> String {
        let mut claims = self.claims.clone();
        claims["jti"] = new_jti().into();
        claims["nonce"] = self.key.nonce().into();
        self.key.sign(&claims)
    }
}

/// The answer; where it asks for another nonce and the request can be made again, that to the second try.
pub async fn send(router: &Router, request: Request<Body>) -> Response {
    let request = with_host(request);
    // A body that streams can be sent once.
    let signed = request.extensions().get::<ProofClaims>().filter(|_| request.body().size_hint().exact().is_some());
    let Some(signed) = signed.cloned() else {
        return router.clone().oneshot(request).await.unwrap();
    };
    let (mut head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut tries = 0;
    loop {
        tries += 1;
        let request = Request::from_parts(head.clone(), Body::from(body.clone()));
        let response = router.clone().oneshot(request).await.unwrap();
        signed.key.keep_nonce(response.headers());
        if tries == 2 || !asks_for_nonce(response.status(), response.headers()) {
            return response;
        }
        head.headers.insert("dpop", signed.sign_again().parse().unwrap());
    }
}

/// Whether an answer asks for a proof with the nonce that it brings.
fn asks_for_nonce(status: StatusCode, headers: &HeaderMap) -> bool {
    let challenge = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    status == StatusCode::UNAUTHORIZED && challenge.contains(r#"error="use_dpop_nonce""#)
}

/// The claims of a valid proof without a nonce. The query of `path` is left out, as in every proof.
pub fn claims(method: &Method, path: &str, now: SystemTime) -> Value {
    let path = path.split('?').next().unwrap();
    json!({
        "jti": new_jti(),
        "htm": method.as_str(),
        "htu": format!("{FRONT_URL}{path}"),
        "iat": now.duration_since(UNIX_EPOCH).unwrap().as_secs(),
    })
}

/// The claim `ath` of a proof for this access token.
pub fn token_hash(access_token: &str) -> String {
    base64url(Sha256::digest(access_token))
}

fn new_jti() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
