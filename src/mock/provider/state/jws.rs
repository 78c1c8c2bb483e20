//! Signatures of others' JWTs, and of our own that come back (RFC 7515).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::Value;

/// `None` for a key that lacks a member.
pub fn is_signed_by(jwk: &Value, alg: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
    let member = |name: &str| jwk[name].as_str().and_then(decode);
    Some(match alg {
        "ES256" => {
            let point = [&[4], &*member("x")?, &*member("y")?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
        }
        "EdDSA" => UnparsedPublicKey::new(&ED25519, member("x")?).verify(signed, signature).is_ok(),
        "PS256" | "RS256" => {
            let key = RsaPublicKeyComponents { n: member("n")?, e: member("e")? };
            let algorithm = if alg == "PS256" { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
            key.verify(algorithm, signed, signature).is_ok()
        }
        _ => false,
    })
}

pub fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(part).ok()
}
