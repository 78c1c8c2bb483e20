//! The message for each failure: what happened, and what the person can do.

use super::{Catalog, Message};
use crate::{
    client::session::{SignInFailure, dpop_key::KeyError},
    wire::error::{ApiError, Limit, LoginRefusal},
};

impl Catalog {
    /// For a login that failed.
    pub fn sign_in_failure(&self, failure: &SignInFailure) -> Message {
        let messages = &self.failures;
        match failure {
            SignInFailure::NothingToFinish => messages.nothing_to_finish,
            SignInFailure::NoKey(KeyError::InsecureContext) => messages.insecure_context,
            SignInFailure::NoKey(KeyError::NoWebCrypto) => messages.no_web_crypto,
            SignInFailure::NoKey(KeyError::NoIndexedDb) => messages.no_indexed_db,
            SignInFailure::Looping => messages.looping,
            SignInFailure::StillHere => messages.still_here,
            // Their own messages are about the chat.
            SignInFailure::Refused(
                ApiError::InvalidField { .. }
                | ApiError::BodyTooLarge
                | ApiError::MalformedRequest { .. }
                | ApiError::Unauthenticated
                | ApiError::InvalidProof
                | ApiError::SessionEnded,
            ) => messages.login_failed,
            SignInFailure::Refused(error) => self.error(error),
        }
    }

    /// For a request that failed.
    pub fn error(&self, error: &ApiError) -> Message {
        let messages = &self.failures;
        match error {
            ApiError::InvalidState => messages.invalid_state,
            ApiError::LoginRefused { error: LoginRefusal::AccessDenied } => messages.access_denied,
            ApiError::LoginRefused { error: LoginRefusal::InteractionRequired } => messages.interaction_required,
            ApiError::LoginRefused { error: LoginRefusal::TemporarilyUnavailable } => messages.temporarily_unavailable,
            ApiError::LoginRefused { error: LoginRefusal::Other } => messages.refused_otherwise,
            ApiError::LoginFailed => messages.login_failed,
            ApiError::ProviderUnavailable { .. } => messages.provider_unavailable,
            ApiError::SessionEnded => messages.session_ended,
            ApiError::Unauthenticated | ApiError::InvalidProof => messages.unauthenticated,
            ApiError::Forbidden => messages.forbidden,
            ApiError::Conflict => messages.already_answering,
            ApiError::LimitReached { limit: Limit::Conversations } => messages.too_many_conversations,
            ApiError::LimitReached { limit: Limit::Messages } => messages.too_many_messages,
            ApiError::LimitReached { limit: Limit::Storage } => messages.too_much_stored,
            ApiError::TooManyRequests { .. } => messages.too_many_requests,
            ApiError::InvalidField { .. } | ApiError::BodyTooLarge => messages.message_refused,
            ApiError::Unreachable => messages.unreachable,
            ApiError::NotFound => messages.not_found,
            ApiError::Unavailable
            | ApiError::Internal
            | ApiError::MethodNotAllowed
            | ApiError::MalformedRequest { .. }
            | ApiError::UnsupportedMediaType => messages.internal,
        }
    }
}
