//! A login in flight.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::stored;
use crate::server::auth::{
    dpop::Thumbprint,
    oidc::{CodeVerifier, Nonce},
};

/// How long the person may take at the provider.
pub const PENDING_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// For as long after that, a `state` is known as one that came too late, or that was used: an hour after the login began.
/// The log tells them from one that was never given out (T09).
pub(super) const STATE_KNOWN_FOR: Duration = Duration::from_secs(50 * 60);

/// Why a `state` that was given out opens no login any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UsedState {
    #[serde(rename = "u")]
    Used,
    #[serde(rename = "e")]
    Expired,
}

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
