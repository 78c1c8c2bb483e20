//! The public key in a proof's header, and signatures by it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Map, Value};

use super::{error::ProofError, thumbprint::Thumbprint};

/// A key for ES256. Whether the coordinates are a point of the curve is known once a signature has been verified.
pub(super) struct PublicKey {
    x: [u8; 32],
    y: [u8; 32],
}

impl PublicKey {
    /// From a JWK (RFC 7518 §6.2.1) that does not say it is for something else (RFC 7517 §4.2 to §4.4). "sign" passes
    /// too: clients make a public JWK by leaving `d` out of the private one.
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

    /// Whether `signature`, r and s in 32 bytes each (RFC 7518 §3.4), is one over `signed` by this key.
    ///
    /// ECDSA has two signatures for each one made: with (r, s), (r, n - s) verifies as well. RFC 7518 does not ask for
    /// the low s and browsers do not make it, so both pass. It gives an attacker nothing: the signed bytes are the
    /// same, with the same `jti` in them, and that is used once.
    pub fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        // Uncompressed point, SEC 1 §2.3.3. `ring` refuses points that are not on the curve.
        let point = [&[4][..], &self.x, &self.y].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
    }

    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_p256(&self.x, &self.y)
    }
}

/// Exactly 32 bytes, with leading zeros where there are any (RFC 7518 §6.2.1.2): one spelling, one thumbprint.
fn coordinate(jwk: &Map<String, Value>, name: &str) -> Result<[u8; 32], ProofError> {
    jwk.get(name)
        .and_then(Value::as_str)
        .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ProofError::UnusableKey("a coordinate is not 32 bytes in base64url"))
}
