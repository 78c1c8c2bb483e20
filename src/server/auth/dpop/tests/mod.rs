//! Helpers: a browser that signs valid and invalid proofs, and a fixed time.

mod accepted;
mod mutations;
mod parts;
mod refused;
mod refused_claims;
mod rfc9449;
mod wycheproof;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::server::auth::jose::mutation::changed;

const NOW: u64 = 1_700_000_000;
const TOKEN_ENDPOINT: &str = "https://chat.example/api/token";

/// A request to our token endpoint, with no access token.
const TOKEN_REQUEST: Expected<'static> =
    Expected { method: "POST", htu: TOKEN_ENDPOINT, access_token: None, nonce: NonceRule::Required };

/// The same without a required nonce, as for the request that begins a login.
const FIRST_REQUEST: Expected<'static> = Expected { nonce: NonceRule::Optional, ..TOKEN_REQUEST };

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn nonces() -> Nonces {
    Nonces::new([7; 32], [])
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Checks one header value for [`TOKEN_REQUEST`].
fn check_one(value: &str) -> Result<Proof, ProofError> {
    check_at(value, &TOKEN_REQUEST, at(NOW))
}

fn check_at(value: &str, expected: &Expected<'_>, now: SystemTime) -> Result<Proof, ProofError> {
    check([value.as_bytes()], expected, now, &nonces())
}

struct Browser {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Browser {
    fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { key, random }
    }

    fn thumbprint(&self) -> Thumbprint {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        Thumbprint::of_p256(x.try_into().unwrap(), y.try_into().unwrap())
    }

    /// The nonce that the server issues to this browser.
    fn nonce_of(&self, seconds: u64) -> String {
        nonces().issue(&self.thumbprint(), at(seconds))
    }

    /// The claims of a valid proof for [`TOKEN_REQUEST`].
    fn claims(&self) -> Value {
        json!({"jti": "a9d3c1", "htm": "POST", "htu": TOKEN_ENDPOINT, "iat": NOW, "nonce": self.nonce_of(NOW)})
    }

    /// The result for a proof without a valid nonce.
    fn use_nonce<T>(&self) -> Result<T, ProofError> {
        Err(ProofError::UseNonce(self.thumbprint()))
    }

    /// As WebCrypto exports it, with members that are not needed.
    fn jwk(&self) -> Value {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (base64url(x), base64url(y));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "ext": true, "key_ops": ["verify"]})
    }

    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()})
    }

    fn sign(&self, header: impl ToString, claims: impl ToString) -> String {
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature))
    }

    /// A valid proof with these changes of its header; `null` removes a member.
    fn proof_with_header(&self, changes: Value) -> String {
        self.sign(changed(self.header(), changes), self.claims())
    }

    /// A valid proof with these changes of `jwk`; `null` removes a member.
    fn proof_with_jwk(&self, changes: Value) -> String {
        self.proof_with_header(json!({"jwk": changed(self.jwk(), changes)}))
    }

    /// A valid proof with these changes of its claims; `null` removes a claim.
    fn proof_with_claims(&self, changes: Value) -> String {
        self.sign(self.header(), changed(self.claims(), changes))
    }

    fn proof(&self) -> String {
        self.proof_with_claims(json!({}))
    }
}

/// `ath` for an access token (RFC 9449 §4.2).
fn token_hash(access_token: &str) -> String {
    base64url(Sha256::digest(access_token))
}
