//! How enums are read that are told apart by a member of theirs.
//!
//! By hand: what `serde` derives for them keeps all members, of whatever type, until it has found the one that tells,
//! and reads them once more. Every visitor downloads that code (docs/performance.md).

use serde::Deserialize;

use super::{
    chat::{AnswerError, AnswerErrorKind, ChatEvent, ChatEventKind, EndReason, MessageId, Usage},
    error::{ApiError, Limit, LoginRefusal},
};

/// What is told apart lacks a member that its kind must have, or is of a kind that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is of an unknown kind, or lacks a member")]
pub(super) struct NotTold;

/// An [`ApiError`], with every member that one may have.
#[derive(Deserialize)]
pub(super) struct ToldError {
    kind: String,
    field: Option<String>,
    reason: Option<String>,
    error: Option<LoginRefusal>,
    limit: Option<Limit>,
    retry_after: Option<u64>,
}

/// A [`ChatEvent`], likewise.
#[derive(Deserialize)]
pub(super) struct ToldEvent {
    n: u64,
    r#type: String,
    question: Option<MessageId>,
    answer: Option<MessageId>,
    model: Option<String>,
    text: Option<String>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    first_token_ms: Option<u64>,
    tokens_per_second: Option<f64>,
    kind: Option<AnswerErrorKind>,
    retry_after: Option<u64>,
    reason: Option<EndReason>,
}

impl TryFrom<ToldError> for ApiError {
    type Error = NotTold;

    fn try_from(told: ToldError) -> Result<Self, NotTold> {
        told.error().ok_or(NotTold)
    }
}

impl TryFrom<ToldEvent> for ChatEvent {
    type Error = NotTold;

    fn try_from(told: ToldEvent) -> Result<Self, NotTold> {
        let n = told.n;
        told.event().map(|kind| Self { n, kind }).ok_or(NotTold)
    }
}

impl ToldError {
    fn error(self) -> Option<ApiError> {
        Some(match self.kind.as_str() {
            "malformed_request" => ApiError::MalformedRequest { reason: self.reason? },
            "invalid_field" => ApiError::InvalidField { field: self.field?, reason: self.reason? },
            "body_too_large" => ApiError::BodyTooLarge,
            "unsupported_media_type" => ApiError::UnsupportedMediaType,
            "invalid_state" => ApiError::InvalidState,
            "login_refused" => ApiError::LoginRefused { error: self.error? },
            "login_failed" => ApiError::LoginFailed,
            "session_ended" => ApiError::SessionEnded,
            "invalid_proof" => ApiError::InvalidProof,
            "unauthenticated" => ApiError::Unauthenticated,
            "forbidden" => ApiError::Forbidden,
            "not_found" => ApiError::NotFound,
            "method_not_allowed" => ApiError::MethodNotAllowed,
            "conflict" => ApiError::Conflict,
            "limit_reached" => ApiError::LimitReached { limit: self.limit? },
            "too_many_requests" => ApiError::TooManyRequests { retry_after: self.retry_after? },
            "provider_unavailable" => ApiError::ProviderUnavailable { retry_after: self.retry_after },
            "unavailable" => ApiError::Unavailable,
            "internal" => ApiError::Internal,
            "unreachable" => ApiError::Unreachable,
            _ => return None,
        })
    }
}

impl ToldEvent {
    fn event(self) -> Option<ChatEventKind> {
        Some(match self.r#type.as_str() {
            "open" => ChatEventKind::Open { question: self.question?, answer: self.answer?, model: self.model? },
            "delta" => ChatEventKind::Delta { text: self.text? },
            "thinking" => ChatEventKind::Thinking { text: self.text? },
            "usage" => ChatEventKind::Usage(Usage {
                input_tokens: self.input_tokens,
                output_tokens: self.output_tokens,
                first_token_ms: self.first_token_ms,
                tokens_per_second: self.tokens_per_second,
            }),
            "error" => ChatEventKind::Error(AnswerError { kind: self.kind?, retry_after: self.retry_after }),
            "end" => ChatEventKind::End { reason: self.reason? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    /// Does not compile where a kind is missing: it belongs into the test below, too.
    fn is_tested_below(error: &ApiError) {
        match error {
            ApiError::MalformedRequest { .. }
            | ApiError::InvalidField { .. }
            | ApiError::BodyTooLarge
            | ApiError::UnsupportedMediaType
            | ApiError::InvalidState
            | ApiError::LoginRefused { .. }
            | ApiError::LoginFailed
            | ApiError::SessionEnded
            | ApiError::InvalidProof
            | ApiError::Unauthenticated
            | ApiError::Forbidden
            | ApiError::NotFound
            | ApiError::MethodNotAllowed
            | ApiError::Conflict
            | ApiError::LimitReached { .. }
            | ApiError::TooManyRequests { .. }
            | ApiError::ProviderUnavailable { .. }
            | ApiError::Unavailable
            | ApiError::Internal
            | ApiError::Unreachable => {}
        }
    }

    /// Likewise.
    fn event_is_tested_below(kind: &ChatEventKind) {
        match kind {
            ChatEventKind::Open { .. }
            | ChatEventKind::Delta { .. }
            | ChatEventKind::Thinking { .. }
            | ChatEventKind::Usage(_)
            | ChatEventKind::Error(_)
            | ChatEventKind::End { .. } => {}
        }
    }

    fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    }

    #[test]
    fn every_error_is_read_as_it_was_written() {
        let reason = String::from("r");
        comes_back(ApiError::MalformedRequest { reason: reason.clone() });
        comes_back(ApiError::InvalidField { field: "f".into(), reason });
        comes_back(ApiError::LoginRefused { error: LoginRefusal::InteractionRequired });
        comes_back(ApiError::LimitReached { limit: Limit::Messages });
        comes_back(ApiError::TooManyRequests { retry_after: 7 });
        comes_back(ApiError::ProviderUnavailable { retry_after: Some(7) });
        comes_back(ApiError::ProviderUnavailable { retry_after: None });
        for error in [
            ApiError::BodyTooLarge,
            ApiError::UnsupportedMediaType,
            ApiError::InvalidState,
            ApiError::LoginFailed,
            ApiError::SessionEnded,
            ApiError::InvalidProof,
            ApiError::Unauthenticated,
            ApiError::Forbidden,
            ApiError::NotFound,
            ApiError::MethodNotAllowed,
            ApiError::Conflict,
            ApiError::Unavailable,
            ApiError::Internal,
            ApiError::Unreachable,
        ] {
            is_tested_below(&error);
            comes_back(error);
        }
    }

    #[test]
    fn every_event_is_read_as_it_was_written() {
        let message = MessageId::new("m");
        let usage =
            Usage { input_tokens: Some(1), output_tokens: Some(2), first_token_ms: Some(3), ..Usage::default() };
        for kind in [
            ChatEventKind::Open { question: message.clone(), answer: message, model: "x".into() },
            ChatEventKind::Delta { text: "a".into() },
            ChatEventKind::Thinking { text: "b".into() },
            ChatEventKind::Usage(Usage { tokens_per_second: Some(1.5), ..usage }),
            ChatEventKind::Usage(Usage::default()),
            ChatEventKind::Error(AnswerError { kind: AnswerErrorKind::Busy, retry_after: Some(4) }),
            ChatEventKind::Error(AnswerError { kind: AnswerErrorKind::Timeout, retry_after: None }),
            ChatEventKind::End { reason: EndReason::Length },
        ] {
            event_is_tested_below(&kind);
            comes_back(ChatEvent { n: 5, kind });
        }
    }

    #[test]
    fn what_is_of_no_kind_or_not_whole_is_nothing() {
        for json in
            ["{}", r#"{"kind":"sold_out"}"#, r#"{"kind":"limit_reached"}"#, r#"{"kind":"limit_reached","limit":"all"}"#]
        {
            assert!(serde_json::from_str::<ApiError>(json).is_err(), "{json}");
        }
        for json in [r#"{"type":"delta","text":"a"}"#, r#"{"n":1,"type":"delta"}"#, r#"{"n":1,"type":"moved"}"#] {
            assert!(serde_json::from_str::<ChatEvent>(json).is_err(), "{json}");
        }
    }
}
