//! A browser's DPoP key, and the proofs made with it (RFC 9449 §4.2).

use std::{
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

use super::{FRONT_URL, base64url, hashed, random_text};

pub struct DpopKey {
    key: EcdsaKeyPair,
    random: SystemRandom,
    header: String,
    thumbprint: String,
    /// The latest from the server (RFC 9449 §8).
    nonce: Mutex<Option<String>>,
}

impl DpopKey {
    pub fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let point = key.public_key().as_ref();
        let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
        // RFC 7638 §3: members in this order, without blanks.
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let header = base64url(format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk}}}"#));
        Self { thumbprint: hashed(&jwk), key, random, header, nonce: Mutex::default() }
    }

    pub fn set_nonce(&self, nonce: &str) {
        *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
    }

    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The public key, uncompressed (SEC 1 §2.3.3).
    pub fn point(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// A proof for one request, made now, with the latest nonce.
    pub fn proof(&self, method: &str, path: &str, access_token: Option<&str>) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let ath = access_token.map(|token| format!(r#","ath":"{}""#, hashed(token))).unwrap_or_default();
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let nonce = nonce.map(|nonce| format!(r#","nonce":"{nonce}""#)).unwrap_or_default();
        let claims = format!(
            r#"{{"jti":"{}","htm":"{method}","htu":"{FRONT_URL}{path}","iat":{now}{ath}{nonce}}}"#,
            random_text()
        );
        let signed = format!("{}.{}", self.header, base64url(claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }
}
