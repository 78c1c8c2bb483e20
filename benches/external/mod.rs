//! External services, as cheap as possible: their cost must not be measured.
//!
//! | file | stands in for |
//! |---|---|
//! | `dpop_key` | a browser's DPoP key, with the proofs that it signs |
//! | `provider` | an OpenID provider, without login pages and without state |
//! | `upstream` | a model, whose answers have the length and the speed that the question names |

pub mod dpop_key;
pub mod provider;
pub mod upstream;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The origin that browsers use, on any port that the server listens on.
pub const FRONT_URL: &str = "http://localhost:8080";

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in base64url, as in thumbprints and `ath`.
pub fn hashed(text: &str) -> String {
    base64url(Sha256::digest(text))
}

/// 256 random bits in base64url: the least for a PKCE verifier.
pub fn random_text() -> String {
    base64url(rand::random::<[u8; 32]>())
}
