//! The name of a browser key.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// RFC 7638 thumbprint of a P-256 key: 32 bytes of SHA-256 in base64url, always 43 characters. Not a secret: it
/// travels as `dpop_jkt` (RFC 9449 §10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Thumbprint(String);

/// Not 43 characters of canonical base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK thumbprint in base64url")]
pub struct ThumbprintError;

impl Thumbprint {
    /// SHA-256 of the required members alone, in lexicographic order, without white space (RFC 7638 §3).
    pub(super) fn of_p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(jwk)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Equality in constant time, for the comparison that lets somebody in.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, ThumbprintError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Thumbprint {
    type Error = ThumbprintError;

    /// 32 bytes in unpadded, canonical base64url are 43 characters.
    fn try_from(text: String) -> Result<Self, ThumbprintError> {
        match BASE64_URL_SAFE_NO_PAD.decode(&text) {
            Ok(hash) if hash.len() == 32 => Ok(Self(text)),
            _ => Err(ThumbprintError),
        }
    }
}

impl From<Thumbprint> for String {
    fn from(thumbprint: Thumbprint) -> Self {
        thumbprint.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
