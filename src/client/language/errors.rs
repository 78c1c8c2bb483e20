//! The message for each error of the API: what happened, and what the person can do.

use super::{Catalog, Message};
use crate::wire::error::{ApiError, Limit, LoginRefusal};

impl Catalog {
    pub fn error_message(&self, error: &ApiError) -> Message {
        let messages = &self.failures;
        match error {
            ApiError::InvalidState { .. } => messages.invalid_state,
            ApiError::LoginRefused { error: LoginRefusal::AccessDenied, .. } => messages.access_denied,
            ApiError::LoginRefused { error: LoginRefusal::InteractionRequired, .. } => messages.interaction_required,
            ApiError::LoginRefused { error: LoginRefusal::TemporarilyUnavailable, .. } => {
                messages.temporarily_unavailable
            }
            ApiError::LoginRefused { error: LoginRefusal::Other, .. } => messages.login_refused,
            ApiError::LoginFailed => messages.login_failed,
            ApiError::ProviderUnavailable { .. } => messages.provider_unavailable,
            ApiError::AccessTokenTooLong => messages.access_token_too_long,
            ApiError::SessionEnded => messages.session_ended,
            ApiError::Unauthenticated | ApiError::InvalidProof => messages.unauthenticated,
            ApiError::StepUpRequired { .. } => messages.step_up_required,
            ApiError::RolesLeftOut => messages.roles_left_out,
            ApiError::Forbidden => messages.forbidden,
            ApiError::ModelUnavailable => messages.model_unavailable,
            ApiError::NoticeNotAccepted => messages.notice_not_accepted,
            ApiError::Conflict => messages.already_answering,
            ApiError::LimitReached { limit: Limit::Conversations } => messages.too_many_conversations,
            ApiError::LimitReached { limit: Limit::Messages } => messages.too_many_messages,
            ApiError::LimitReached { limit: Limit::Versions } => messages.too_many_versions,
            ApiError::LimitReached { limit: Limit::Storage } => messages.storage_full,
            ApiError::TooManyRequests { .. } => messages.too_many_requests,
            // The authorization code is the provider's, not something that the person wrote.
            ApiError::InvalidField { field, .. } if field == "code" => messages.login_failed,
            ApiError::InvalidField { .. } | ApiError::BodyTooLarge => messages.invalid_message,
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
