//! Which words go with which failure: what happened, and what the person can do.

use super::{Catalogue, Words};
use crate::{
    client::session::{auth::SignInFailure, dpop_key::KeyError},
    wire::error::{ApiError, Limit, LoginRefusal},
};

impl Catalogue {
    /// For a login that did not succeed.
    pub fn of_sign_in_failure(&self, failure: &SignInFailure) -> Words {
        let words = &self.failures;
        match failure {
            SignInFailure::NothingToFinish => words.nothing_to_finish,
            SignInFailure::NoKey(KeyError::InsecureContext) => words.insecure_context,
            SignInFailure::NoKey(KeyError::NoWebCrypto) => words.no_web_crypto,
            SignInFailure::NoKey(KeyError::NoIndexedDb) => words.no_indexed_db,
            SignInFailure::Looping => words.looping,
            SignInFailure::StillHere => words.still_here,
            // What these say elsewhere is about messages.
            SignInFailure::Refused(
                ApiError::InvalidField { .. }
                | ApiError::BodyTooLarge
                | ApiError::MalformedRequest { .. }
                | ApiError::Unauthenticated
                | ApiError::InvalidProof
                | ApiError::SessionEnded,
            ) => words.login_failed,
            SignInFailure::Refused(error) => self.of_error(error),
        }
    }

    /// For a call that did not succeed.
    pub fn of_error(&self, error: &ApiError) -> Words {
        let words = &self.failures;
        match error {
            ApiError::InvalidState => words.invalid_state,
            ApiError::LoginRefused { error: LoginRefusal::AccessDenied } => words.access_denied,
            ApiError::LoginRefused { error: LoginRefusal::InteractionRequired } => words.interaction_required,
            ApiError::LoginRefused { error: LoginRefusal::TemporarilyUnavailable } => words.temporarily_unavailable,
            ApiError::LoginRefused { error: LoginRefusal::Other } => words.refused_otherwise,
            ApiError::LoginFailed => words.login_failed,
            ApiError::ProviderUnavailable { .. } => words.provider_unavailable,
            ApiError::SessionEnded => words.session_ended,
            ApiError::Unauthenticated | ApiError::InvalidProof => words.unauthenticated,
            ApiError::Forbidden => words.forbidden,
            ApiError::Conflict => words.already_answering,
            ApiError::LimitReached { limit: Limit::Conversations } => words.too_many_conversations,
            ApiError::LimitReached { limit: Limit::Messages } => words.too_many_messages,
            ApiError::LimitReached { limit: Limit::Storage } => words.too_much_stored,
            ApiError::TooManyRequests { .. } => words.too_many_requests,
            ApiError::InvalidField { .. } | ApiError::BodyTooLarge => words.message_refused,
            ApiError::Unreachable => words.unreachable,
            ApiError::NotFound => words.not_found,
            ApiError::Unavailable
            | ApiError::Internal
            | ApiError::MethodNotAllowed
            | ApiError::MalformedRequest { .. }
            | ApiError::UnsupportedMediaType => words.internal,
        }
    }
}
