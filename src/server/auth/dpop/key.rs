//! The public key in a proof's header, and the verification of signatures with it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Map, Value};

use super::{error::ProofError, thumbprint::Thumbprint};

/// A key for ES256. That its point is on the curve is only checked with a signature.
pub(super) struct PublicKey {
    x: [u8; 32],
    y: [u8; 32],
}

impl PublicKey {
    /// From a JWK (RFC 7518 §6.2.1). Its `use`, `key_ops` and `alg` must allow ES256 (RFC 7517 §4.2 to §4.4). The operation
    /// "sign" is accepted too, as some clients make the public JWK by removing `d` from the private one.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, ProofError> {
        let is = |name, value: &str| jwk.get(name).is_some_and(|member| member == value);
        let is_or_absent = |name, value| is(name, value) || !jwk.contains_key(name);
        if !is("kty", "EC") || !is("crv", "P-256") {
            return Err(ProofError::UnusableKey("not an EC key on P-256"));
        }
        let key_ops_allow = match jwk.get("key_ops") {
            Some(Value::Array(key_ops)) => key_ops.iter().any(|operation| operation == "verify" || operation == "sign"),
            other => other.is_none(),
        };
        if !is_or_absent("use", "sig") || !is_or_absent("alg", "ES256") || !key_ops_allow {
            return Err(ProofError::UnusableKey("its `use`, `key_ops` or `alg` is another"));
        }
        Ok(Self { x: coordinate(jwk, "x")?, y: coordinate(jwk, "y")? })
    }

    /// Whether `signature`, r and s in 32 bytes each (RFC 7518 §3.4), verifies for `signed`.
    ///
    /// ECDSA signatures are malleable: with (r, s), (r, n - s) verifies too. RFC 7518 does not require the lower s, so
    /// both are accepted. An attacker gains nothing, as both sign the same `jti`, which can be used once.
    pub fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        // Uncompressed point, SEC 1 §2.3.3. `ring` refuses points that are not on the curve.
        let point = [&[4][..], &self.x, &self.y].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
    }

    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_p256(&self.x, &self.y)
    }
}

/// Exactly 32 bytes, including leading zeros (RFC 7518 §6.2.1.2), so that a key has only one thumbprint.
fn coordinate(jwk: &Map<String, Value>, name: &str) -> Result<[u8; 32], ProofError> {
    jwk.get(name)
        .and_then(Value::as_str)
        .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ProofError::UnusableKey("a coordinate is not 32 bytes in base64url"))
}
