//! A pending login: between the authorization request and its response.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::stored;
use crate::server::auth::{
    dpop::{ProofKey, Thumbprint},
    oidc::{AskedAuthentication, CodeVerifier, Nonce},
};
use crate::wire::step_up::GuardedAction;

/// How long a person may take to sign in at the provider.
pub const PENDING_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// For how long after [`PENDING_LIFETIME`] a used or expired `state` is still recognised, so that the log can distinguish
/// it from one that was never issued (T09).
pub(super) const STATE_KNOWN_FOR: Duration = Duration::from_secs(50 * 60);

/// Why a `state` that was issued is no longer accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UsedState {
    #[serde(rename = "u")]
    Used,
    #[serde(rename = "e")]
    Expired,
}

/// A login whose authorization response has not arrived yet. Stored under the hash of the `state`, and removed by its
/// first use (RFC 9700 §4.2.4).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// Compared with that of the ID token (OpenID Connect Core §3.1.3.7 step 11).
    #[serde(rename = "n", with = "stored::token")]
    pub nonce: Nonce,
    /// Sent with the code (RFC 7636 §4.5).
    #[serde(rename = "v", with = "stored::token")]
    pub code_verifier: CodeVerifier,
    /// The thumbprint of the browser's DPoP key, which the login is bound to (RFC 9449 §10).
    #[serde(rename = "k")]
    pub dpop_jkt: Thumbprint,
    #[serde(rename = "e", with = "stored::time")]
    pub expires_at: SystemTime,
    /// The server's key that the code is bound to at the provider, if it is (RFC 9449 §10).
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub proof_key: Option<ProofKey>,
    /// Why the login was begun, if an action asked for it. A server of an earlier release does not check it, and stores no
    /// `acr`: the action is refused again.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
}

/// A login that an action has asked for (RFC 9470 §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUp {
    #[serde(rename = "a")]
    pub action: GuardedAction,
    /// What the ID token is verified against, whatever the settings are by then.
    #[serde(rename = "q")]
    pub asked: AskedAuthentication,
}

impl PendingAuthorization {
    pub fn begun_at(&self) -> SystemTime {
        self.expires_at - PENDING_LIFETIME
    }
}
