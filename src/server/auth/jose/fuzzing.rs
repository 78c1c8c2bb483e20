//! A key that signs what a fuzzer made up: bytes that no key has signed are refused before anything in them is read.

#![allow(clippy::unwrap_used)]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

/// A P-256 key, another one in each process.
pub struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Default for Signer {
    fn default() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { key: EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap(), random }
    }
}

impl Signer {
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        (x.try_into().unwrap(), y.try_into().unwrap())
    }

    pub fn jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        json!({ "kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y) })
    }

    /// A JWT with this header and this payload, which may be anything.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header), base64url(payload));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// An input of two lines: the header and the payload of a JWT.
pub fn header_and_payload(data: &[u8]) -> Option<(&str, &str)> {
    str::from_utf8(data).ok()?.split_once('\n')
}
