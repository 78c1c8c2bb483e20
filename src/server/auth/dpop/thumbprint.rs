//! The thumbprint of a DPoP key.

use std::{fmt, str::FromStr};

use base64::{Engine, display::Base64Display, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// RFC 7638 thumbprint of a P-256 key: a SHA-256, displayed as 43 characters of base64url. Not a secret: it is sent as
/// `dpop_jkt` (RFC 9449 §10).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Thumbprint(#[serde(with = "serde_bytes")] [u8; 32]);

/// Not 43 characters of canonical base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK thumbprint in base64url")]
pub struct ThumbprintError;

impl Thumbprint {
    /// SHA-256 of the required members in lexicographic order, without white space (RFC 7638 §3).
    pub(super) fn of_p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self(Sha256::digest(jwk).into())
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Equality in constant time, for comparisons that grant access.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    /// 32 bytes in unpadded, canonical base64url are 43 characters.
    fn from_str(text: &str) -> Result<Self, ThumbprintError> {
        let hash = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| ThumbprintError)?;
        Ok(Self(hash.try_into().map_err(|_| ThumbprintError)?))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(&self.0, &BASE64_URL_SAFE_NO_PAD).fmt(f)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
