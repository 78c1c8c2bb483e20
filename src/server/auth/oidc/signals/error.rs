//! Why a signal is refused, or can't be judged.

use super::subject::SubjectError;
use crate::server::auth::{
    jose::Malformed,
    oidc::{error::ProviderError, signature::SignatureError},
};

#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    #[error("it is too long")]
    TooLong,
    #[error("it is no JWT: {0}")]
    NotAJwt(#[from] Malformed),
    #[error("its header has `crit`")]
    CriticalExtension,
    #[error("its `typ` is another")]
    OtherKind,
    #[error("its signature is by none of the issuer's keys, or with an algorithm that we don't take")]
    BadSignature,
    #[error("its `iss` is not the issuer that signals come from")]
    OtherIssuer,
    #[error("its `aud` does not name us")]
    OtherAudience,
    #[error("its `{0}` is missing, or no time")]
    NoTime(&'static str),
    #[error("it has expired")]
    Expired,
    #[error("its `{0}` is in the future")]
    NotYet(&'static str),
    #[error("it was issued too long ago")]
    TooOld,
    #[error("it has no `jti`")]
    NoJti,
    #[error("its `events` is no object with one event or more")]
    NoEvents,
    #[error("it does not say whose sessions are meant: {0}")]
    Subject(#[from] SubjectError),
    /// It could not be checked.
    #[error("the issuer's keys are not to be had: {0}")]
    Unavailable(String),
}

impl SignalError {
    /// Whether the same signal may be accepted later.
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<SignatureError> for SignalError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Algorithm(_) | SignatureError::Refused => Self::BadSignature,
            SignatureError::Undecided | SignatureError::Provider(_) => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<ProviderError> for SignalError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
