//! Codes and tokens: random, opaque, and never printed.

use std::{borrow::Borrow, fmt};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{RngCore, rngs::OsRng};

/// An authorization code, access token or refresh token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// 256 random bits, in base64url.
    pub fn random() -> Secret {
        let mut bytes = [0; 32];
        OsRng.fill_bytes(&mut bytes);
        Secret(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A token that is not random but signed: a JWT.
    pub fn of(text: String) -> Secret {
        Secret(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Lets a map with secrets as keys be searched with the text of a request.
impl Borrow<str> for Secret {
    fn borrow(&self) -> &str {
        &self.0
    }
}
