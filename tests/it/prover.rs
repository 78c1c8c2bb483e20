//! A browser's key, and the proofs made with it (RFC 9449 §4.2), by no code of the server's.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::proof::Thumbprint;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::provider::FRONT_URL;

#[derive(Clone)]
pub struct Prover(Arc<EcdsaKeyPair>);

impl Prover {
    pub fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(Arc::new(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()))
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
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }

    /// The name by which a proof of this key is remembered: SHA-256 of thumbprint and `jti`.
    pub fn jti_hash(&self, jti: &str) -> String {
        base64url(Sha256::digest(format!("{}{jti}", self.thumbprint())))
    }

    /// `x` and `y` of the uncompressed point (SEC 1 §2.3.3).
    fn coordinates(&self) -> [String; 2] {
        let point = self.0.public_key().as_ref();
        [base64url(&point[1..33]), base64url(&point[33..65])]
    }
}

/// What a good proof claims for a request, with a `jti` of its own. `path` may have a query; a proof has none.
pub fn claims(method: &Method, path: &str, now: SystemTime) -> Value {
    let path = path.split('?').next().unwrap();
    json!({
        "jti": format!("{:032x}", rand::random::<u128>()),
        "htm": method.as_str(),
        "htu": format!("{FRONT_URL}{path}"),
        "iat": now.duration_since(UNIX_EPOCH).unwrap().as_secs(),
    })
}

/// What a proof that goes along with this access token claims as `ath`.
pub fn token_hash(access_token: &str) -> String {
    base64url(Sha256::digest(access_token))
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
