//! A login in flight.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::stored;
use crate::server::{
    oidc::{CodeVerifier, Nonce},
    proof::Thumbprint,
};

/// How long the person may take at the provider.
pub const PENDING_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What the server must remember between the authorization request and its response. Stored under the hash of the
/// `state`, taken out by its first use (RFC 9700 §4.2.4), good until `expires_at`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// Compared with the ID token's (OpenID Connect Core §3.1.3.7 step 11).
    #[serde(rename = "n", with = "stored::token")]
    pub nonce: Nonce,
    /// Sent with the code (RFC 7636 §4.5).
    #[serde(rename = "v", with = "stored::token")]
    pub code_verifier: CodeVerifier,
    /// Only this browser may finish the login (RFC 9449 §10).
    #[serde(rename = "k")]
    pub browser_key: Thumbprint,
    #[serde(rename = "e", with = "stored::time")]
    pub expires_at: SystemTime,
}

impl PendingAuthorization {
    pub fn begun_at(&self) -> SystemTime {
        self.expires_at - PENDING_LIFETIME
    }
}
