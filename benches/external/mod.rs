//! Who else there is, as light as can be: they must not be what is measured.
//!
//! | file | plays |
//! |---|---|
//! | `dpop_key` | a browser's key, and the proofs that it signs |
//! | `provider` | an OpenID provider without people: whoever knows what to put into a code is signed in |
//! | `upstream` | a model that says one token at a time, when told to |

pub mod dpop_key;
pub mod provider;
pub mod upstream;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Where browsers see the server, whatever port it listens on.
pub const FRONT_URL: &str = "http://localhost:8080";

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in base64url: what thumbprints and `ath` are.
pub fn hashed(text: &str) -> String {
    base64url(Sha256::digest(text))
}

/// 256 random bits in base64url: what PKCE wants of a verifier, at the least.
pub fn random_text() -> String {
    base64url(rand::random::<[u8; 32]>())
}
