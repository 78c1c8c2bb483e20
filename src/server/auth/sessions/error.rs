//! One error per operation, with the cause for the log. The client receives the [`ApiError`] that it is converted to.

use super::{authorization_error::Reaction, refresh_lock::LockError};
use crate::{
    server::{
        auth::{
            dpop::{KeyRefusal, ProofChallenge},
            oidc::{ExchangeError, ProviderError},
        },
        environment::RandomnessError,
        observe::audit::{self, Event},
        store::StoreError,
    },
    wire::error::{ApiError, LoginRefusal, RETRY_AFTER_SECONDS},
};

/// Why a login could not begin, or failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("unknown state")]
    UnknownState,
    /// As after a restart of a server without Redis, or where the login page was open for more than an hour.
    #[error("unknown state, of a login that this browser began")]
    LostState,
    #[error("the state was used before")]
    UsedState,
    #[error("the state has expired")]
    ExpiredState,
    /// One of these four, for a response with an error.
    #[error("{refusal}; the provider refused the login: {error:?}")]
    RefusedState { refusal: Box<LoginError>, reaction: Reaction, error: String },
    #[error("the authorization response came with another browser's key than the login was begun with")]
    OtherBrowser,
    /// Already recorded in the audit log.
    #[error("the proof can't be used")]
    Proof(ProofChallenge),
    #[error("the provider's session, or all of the user's, were ended while the login was under way")]
    EndedMeanwhile,
    #[error("somebody else signed in than the person who was asked to sign in again")]
    StepUpOfAnother,
    #[error("the authorization response has neither code nor error, or both")]
    NeitherCodeNorError,
    #[error("the authorization code is too long")]
    CodeTooLong,
    #[error("the authorization response has a code, and no state")]
    NoState,
    /// Formatted with `Debug`, so that the provider's text can't forge a log line.
    #[error("the provider refused the login: {error:?} {description:?}")]
    Refused { refusal: LoginRefusal, reaction: Reaction, error: String, description: Option<String> },
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Another login with the same DPoP key holds the lock.
    #[error("no turn to sign in: {0}")]
    NoTurn(#[from] LockError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

/// Why a request must not use a session.
#[derive(Debug)]
pub(super) enum SessionKeyError {
    /// Unknown, or ended.
    NoSession,
    /// The session is bound to another DPoP key.
    OtherKey,
    /// Already recorded in the audit log.
    Proof(ProofChallenge),
    Store(StoreError),
}

/// Why a logout failed.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// Already recorded in the audit log.
    #[error("the proof can't be used")]
    Proof(ProofChallenge),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a refresh failed. Shared by all callers of one refresh, hence `Clone`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RefreshFailure {
    #[error("the session has ended: {0}")]
    SessionEnded(String),
    /// The ID token of the refresh was refused, and the session was ended for that.
    #[error("{0}")]
    IdTokenRefused(String),
    /// The store has lost later records of the session, which was ended for that.
    #[error("session_rolled_back: the stored record has revision {stored}, and {known} was there before")]
    RolledBack { stored: u64, known: u64 },
    #[error("the session is bound to another browser's key")]
    OtherBrowser,
    /// Already recorded in the audit log.
    #[error("the proof can't be used")]
    Proof(ProofChallenge),
    #[error("provider unavailable: {0}")]
    ProviderUnavailable(String),
    /// The session is kept: it goes on once the configuration is correct.
    #[error("the provider refused this client: {0}")]
    ClientRefused(String),
    #[error("{0}")]
    AccessTokenTooLong(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no turn to refresh: {0}")]
    NoTurn(String),
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The task of the refresh panicked.
    #[error("the refresh was broken off")]
    Lost,
}

impl From<LockError> for RefreshFailure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Store(error) => Self::Store(error),
            LockError::TooLong | LockError::Lost => Self::NoTurn(error.to_string()),
        }
    }
}

impl From<StoreError> for SessionKeyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeyRefusal> for SessionKeyError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::OtherKey => Self::OtherKey,
            KeyRefusal::Proof(challenge) => Self::Proof(challenge),
        }
    }
}

impl From<SessionKeyError> for RefreshFailure {
    fn from(error: SessionKeyError) -> Self {
        match error {
            SessionKeyError::NoSession => Self::SessionEnded("unknown or expired session".into()),
            SessionKeyError::OtherKey => Self::OtherBrowser,
            SessionKeyError::Proof(challenge) => Self::Proof(challenge),
            SessionKeyError::Store(error) => Self::Store(error),
        }
    }
}

impl LoginError {
    /// Whether the browser begins the login again: the login has only expired before its response, and the next one is
    /// likely to succeed. Not if the provider has refused it for a reason that the person has to read.
    fn restarts_login(&self) -> bool {
        match self {
            Self::LostState | Self::ExpiredState | Self::EndedMeanwhile => true,
            Self::RefusedState { refusal, reaction, .. } => *reaction == Reaction::Restart && refusal.restarts_login(),
            _ => false,
        }
    }

    /// `None` if it was recorded already.
    fn event(&self) -> Option<Event> {
        Some(match self {
            Self::Proof(_) => return None,
            Self::UnknownState | Self::LostState => Event::LoginStateUnknown,
            Self::UsedState => Event::LoginStateUsed,
            Self::ExpiredState => Event::LoginStateExpired,
            Self::RefusedState { refusal, .. } => return refusal.event(),
            Self::OtherBrowser => Event::LoginOtherBrowser,
            Self::EndedMeanwhile => Event::LoginEndedMeanwhile,
            Self::StepUpOfAnother | Self::Exchange(ExchangeError::AuthenticationUnmet(_)) => Event::LoginUnmet,
            Self::NeitherCodeNorError | Self::CodeTooLong | Self::NoState => Event::LoginMalformed,
            Self::Refused { .. } | Self::Provider(ProviderError::PushedRequestRefused(_)) => Event::LoginRefused,
            Self::Exchange(ExchangeError::WrongIssuer) => Event::LoginWrongIssuer,
            Self::Exchange(ExchangeError::Refused(_)) => Event::LoginCodeRefused,
            Self::Exchange(ExchangeError::InvalidIdToken(_)) => Event::LoginIdTokenRefused,
            Self::Exchange(
                ExchangeError::Unavailable(_)
                | ExchangeError::Undecided(_)
                | ExchangeError::ClientRefused(_)
                | ExchangeError::NotBound(_)
                | ExchangeError::AccessTokenTooLong(_),
            )
            | Self::Provider(_)
            | Self::NoTurn(_)
            | Self::Store(_)
            | Self::Randomness(_) => Event::LoginFailed,
        })
    }
}

impl LogoutError {
    fn event(&self) -> Option<Event> {
        match self {
            Self::Proof(_) => None,
            Self::Store(_) => Some(Event::LogoutFailed),
        }
    }
}

impl RefreshFailure {
    pub(super) fn record(&self) {
        if let Some(event) = self.event() {
            audit::record(event, None, Some(self));
        }
    }

    fn event(&self) -> Option<Event> {
        match self {
            Self::Proof(_) => None,
            Self::SessionEnded(_) => Some(Event::RefreshRefused),
            Self::IdTokenRefused(_) => Some(Event::RefreshIdTokenRefused),
            Self::RolledBack { .. } => Some(Event::SessionRolledBack),
            Self::OtherBrowser => Some(Event::RefreshOtherBrowser),
            Self::ProviderUnavailable(_)
            | Self::ClientRefused(_)
            | Self::AccessTokenTooLong(_)
            | Self::Store(_)
            | Self::NoTurn(_)
            | Self::Randomness(_)
            | Self::Lost => Some(Event::RefreshFailed),
        }
    }
}

/// Also records the error in the audit log, as every login error is converted here once.
impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        if let Some(event) = error.event() {
            audit::record(event, None, Some(&error));
        }
        match error {
            LoginError::Proof(challenge) => challenge.into(),
            LoginError::UnknownState
            | LoginError::LostState
            | LoginError::UsedState
            | LoginError::ExpiredState
            | LoginError::RefusedState { .. }
            | LoginError::OtherBrowser
            | LoginError::EndedMeanwhile => Self::InvalidState { restart: error.restarts_login() },
            LoginError::NoState => {
                Self::InvalidField { field: "state".into(), reason: "a response with a code needs one".into() }
            }
            LoginError::NeitherCodeNorError => Self::InvalidField {
                field: "code".into(),
                reason: "exactly one of `code` and `error` is needed".into(),
            },
            LoginError::CodeTooLong => Self::InvalidField { field: "code".into(), reason: "too long".into() },
            LoginError::Refused { refusal, reaction, .. } => {
                Self::LoginRefused { error: refusal, restart: reaction == Reaction::Restart }
            }
            LoginError::Provider(ProviderError::PushedRequestRefused(_)) => {
                Self::LoginRefused { error: LoginRefusal::Other, restart: false }
            }
            LoginError::StepUpOfAnother
            | LoginError::Exchange(
                ExchangeError::Refused(_)
                | ExchangeError::InvalidIdToken(_)
                | ExchangeError::AuthenticationUnmet(_)
                | ExchangeError::WrongIssuer,
            ) => Self::LoginFailed,
            LoginError::Exchange(ExchangeError::AccessTokenTooLong(_)) => Self::AccessTokenTooLong,
            LoginError::Exchange(
                ExchangeError::Unavailable(_) | ExchangeError::ClientRefused(_) | ExchangeError::NotBound(_),
            )
            | LoginError::Provider(_) => Self::ProviderUnavailable { retry_after: None },
            LoginError::Exchange(ExchangeError::Undecided(_)) => {
                Self::ProviderUnavailable { retry_after: Some(RETRY_AFTER_SECONDS) }
            }
            LoginError::NoTurn(_) | LoginError::Store(_) | LoginError::Randomness(_) => Self::Unavailable,
        }
    }
}

impl From<RefreshFailure> for ApiError {
    fn from(error: RefreshFailure) -> Self {
        match error {
            // With another key the session can never be used, and another browser must not learn whether it exists.
            RefreshFailure::SessionEnded(_)
            | RefreshFailure::IdTokenRefused(_)
            | RefreshFailure::RolledBack { .. }
            | RefreshFailure::OtherBrowser => Self::SessionEnded,
            RefreshFailure::Proof(challenge) => challenge.into(),
            RefreshFailure::ProviderUnavailable(_) | RefreshFailure::ClientRefused(_) => {
                Self::ProviderUnavailable { retry_after: Some(RETRY_AFTER_SECONDS) }
            }
            RefreshFailure::AccessTokenTooLong(_) => Self::AccessTokenTooLong,
            RefreshFailure::Store(_)
            | RefreshFailure::NoTurn(_)
            | RefreshFailure::Randomness(_)
            | RefreshFailure::Lost => Self::Unavailable,
        }
    }
}

impl From<LogoutError> for ApiError {
    fn from(error: LogoutError) -> Self {
        if let Some(event) = error.event() {
            audit::record(event, None, Some(&error));
        }
        match error {
            LogoutError::Proof(challenge) => challenge.into(),
            LogoutError::Store(_) => Self::Unavailable,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store unavailable");
        Self::Unavailable
    }
}
