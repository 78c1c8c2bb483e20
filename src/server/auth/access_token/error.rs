//! Why a request to a guarded endpoint is refused.

use crate::server::{
    auth::{dpop::ProofChallenge, oidc::AccessTokenError},
    observe::audit::{self, Event},
    store::StoreError,
};

/// Why a request is refused (RFC 6750 §3, RFC 9449 §7.1). The texts are for the log.
pub enum AuthError {
    /// There is no `Authorization`: the challenge has no error code (RFC 6750 §3.1).
    NoToken,
    /// Malformed, unknown, expired, or of a session that has ended.
    InvalidToken(String),
    /// The token is bound to another key. The client gets the same response as for an invalid token.
    OtherKey,
    /// Recorded in the audit log where the proof was refused.
    Proof(ProofChallenge),
    /// The token is valid, but lacks one of these scopes, or a role. A refresh does not help.
    InsufficientScope(String),
    /// The token is valid, and a role is required; but the provider has left the roles out, as there are too many.
    RolesLeftOut,
    /// The token could not be checked, so the request is refused.
    Unavailable(String),
    /// Too many requests; `retry_after` is in seconds.
    TooMany { retry_after: u64 },
}

impl AuthError {
    pub fn invalid_token(reason: &str) -> Self {
        Self::InvalidToken(reason.to_owned())
    }

    /// Writes the audit event.
    pub fn record(&self) {
        match self {
            // A request without a token is no attempt to use one. The others were recorded where they were found.
            Self::NoToken | Self::Proof(_) | Self::InsufficientScope(_) | Self::RolesLeftOut | Self::TooMany { .. } => {
            }
            Self::InvalidToken(reason) => audit::record(Event::AccessTokenRefused, None, Some(reason)),
            Self::OtherKey => audit::record(Event::AccessOtherBrowser, None, None),
            Self::Unavailable(reason) => audit::record(Event::AccessFailed, None, Some(reason)),
        }
    }
}

impl From<ProofChallenge> for AuthError {
    fn from(challenge: ProofChallenge) -> Self {
        Self::Proof(challenge)
    }
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<AccessTokenError> for AuthError {
    fn from(error: AccessTokenError) -> Self {
        match error {
            AccessTokenError::Unavailable(_) => Self::Unavailable(error.to_string()),
            _ => Self::InvalidToken(error.to_string()),
        }
    }
}
