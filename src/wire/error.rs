//! The one error that crosses the wire.
//!
//! Every failure of an endpoint is one of [`ApiError`]'s variants: the server gives it its HTTP status, the browser its
//! sentence. Causes stay in the server's log.

use std::fmt;

use dioxus::fullstack::StatusCode;
use serde::{Deserialize, Serialize};

use super::told::ToldError;

/// How long a caller is asked to wait before it repeats a call that was answered 503, in seconds, where nothing better
/// is known.
pub const RETRY_AFTER_SECONDS: u64 = 5;

/// `{"kind": …}` on the wire, inside `{"code", "message", "data", "request_id"}`, with the status of
/// [`ApiError::status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "ToldError")]
pub enum ApiError {
    /// 400: the body is not JSON, or not of the declared type. `reason` says where.
    MalformedRequest { reason: String },
    /// 422: `field` is missing or out of bounds.
    InvalidField { field: String, reason: String },
    /// 413: the body is larger than the endpoint takes.
    BodyTooLarge,
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 400: the `state` is unknown, spent or expired; the login must start again.
    InvalidState,
    /// 401: the provider refused the login (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
    LoginRefused { error: LoginRefusal },
    /// 401: the provider's answer did not pass verification, or the code was refused.
    LoginFailed,
    /// 401: the session is over. The only outcome that means: sign in again.
    SessionEnded,
    /// 401: the proof of the browser key is missing, or is none for this call (RFC 9449 §7.1).
    InvalidProof,
    /// 401 with `WWW-Authenticate`: no access token, or one that this server does not know as good.
    Unauthenticated,
    /// 403: the access token is good, but not for this.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 409: an answer of the same conversation is running.
    Conflict,
    /// 409: there is no room for another; the person can make some.
    LimitReached { limit: Limit },
    /// 429: too often; it can be done again after `retry_after` seconds.
    TooManyRequests { retry_after: u64 },
    /// The provider does not answer as it should. 503 where the call can simply be repeated, after `retry_after`
    /// seconds; 502 where the login must start again.
    ProviderUnavailable { retry_after: Option<u64> },
    /// 503: the server can't reach something of its own. Nothing is lost; try again.
    Unavailable,
    /// 500.
    Internal,
    /// Not from our server: the request did not get through, or its answer made no sense. Only ever made in the
    /// browser.
    Unreachable,
}

/// What a person can have only so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Conversations,
    /// Of one conversation.
    Messages,
    /// Bytes of all conversations together.
    Storage,
}

/// The provider's error codes that a person can act upon; the others are [`LoginRefusal::Other`] and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginRefusal {
    /// The person, or the provider's policy, said no.
    AccessDenied,
    /// The provider wants the person to sign in, consent or choose, and was not allowed to ask.
    InteractionRequired,
    /// The provider is overloaded or under maintenance.
    TemporarilyUnavailable,
    Other,
}

impl LoginRefusal {
    /// From the `error` parameter of an authorization response.
    pub fn from_error_code(code: &str) -> Self {
        match code {
            "access_denied" => Self::AccessDenied,
            "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
                Self::InteractionRequired
            }
            "temporarily_unavailable" | "server_error" => Self::TemporarilyUnavailable,
            _ => Self::Other,
        }
    }
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedRequest { .. } | Self::InvalidState => StatusCode::BAD_REQUEST,
            Self::InvalidField { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::LoginRefused { .. }
            | Self::LoginFailed
            | Self::SessionEnded
            | Self::InvalidProof
            | Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::LimitReached { .. } => StatusCode::CONFLICT,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ProviderUnavailable { retry_after: Some(_) } | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ProviderUnavailable { retry_after: None } | Self::Unreachable => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A short English text for developers and logs; what the person reads is the client's business.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedRequest { reason } => write!(f, "malformed request: {reason}"),
            Self::InvalidField { field, reason } => write!(f, "invalid field `{field}`: {reason}"),
            Self::BodyTooLarge => f.write_str("request body too large"),
            Self::UnsupportedMediaType => f.write_str("the body must be application/json"),
            Self::InvalidState => f.write_str("unknown, spent or expired state"),
            Self::LoginRefused { .. } => f.write_str("the provider refused the login"),
            Self::LoginFailed => f.write_str("login failed"),
            Self::SessionEnded => f.write_str("the session has ended"),
            Self::InvalidProof => f.write_str("a proof of the browser key for this call is needed"),
            Self::Unauthenticated => f.write_str("a good access token is needed"),
            Self::Forbidden => f.write_str("not allowed"),
            Self::NotFound => f.write_str("not found"),
            Self::MethodNotAllowed => f.write_str("method not allowed"),
            Self::Conflict => f.write_str("an answer of this conversation is running"),
            Self::LimitReached { limit: Limit::Conversations } => f.write_str("there are too many conversations"),
            Self::LimitReached { limit: Limit::Messages } => f.write_str("the conversation has too many messages"),
            Self::LimitReached { limit: Limit::Storage } => f.write_str("the conversations take too much room"),
            Self::TooManyRequests { .. } => f.write_str("too many requests"),
            Self::ProviderUnavailable { .. } => f.write_str("the identity provider is unavailable"),
            Self::Unavailable => f.write_str("temporarily unavailable"),
            Self::Internal => f.write_str("internal error"),
            Self::Unreachable => f.write_str("the server could not be reached"),
        }
    }
}

impl ApiError {
    /// Whether it is somebody's to look into: neither the person's doing, nor over in a moment by itself.
    pub fn is_to_be_reported(&self) -> bool {
        match self {
            Self::MalformedRequest { .. }
            | Self::UnsupportedMediaType
            | Self::LoginRefused { error: LoginRefusal::Other }
            | Self::LoginFailed
            | Self::InvalidProof
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::MethodNotAllowed
            | Self::ProviderUnavailable { .. }
            | Self::Unavailable
            | Self::Internal => true,
            Self::InvalidField { .. }
            | Self::BodyTooLarge
            | Self::InvalidState
            | Self::LoginRefused { .. }
            | Self::SessionEnded
            | Self::NotFound
            | Self::Conflict
            | Self::LimitReached { .. }
            | Self::TooManyRequests { .. }
            | Self::Unreachable => false,
        }
    }

    /// How long to wait before the same is tried again, in seconds; 0 where nobody knows.
    pub fn retry_after(&self) -> u64 {
        match self {
            Self::TooManyRequests { retry_after } | Self::ProviderUnavailable { retry_after: Some(retry_after) } => {
                *retry_after
            }
            _ => 0,
        }
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_crosses_the_wire_as_its_kind() {
        let error = ApiError::InvalidField { field: "message".into(), reason: "is empty".into() };
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json, serde_json::json!({"kind": "invalid_field", "field": "message", "reason": "is empty"}));
        assert_eq!(serde_json::from_value::<ApiError>(json).unwrap(), error);
    }

    #[test]
    fn provider_error_codes_become_what_a_person_can_act_upon() {
        // T40
        assert_eq!(LoginRefusal::from_error_code("access_denied"), LoginRefusal::AccessDenied);
        assert_eq!(LoginRefusal::from_error_code("login_required"), LoginRefusal::InteractionRequired);
        assert_eq!(LoginRefusal::from_error_code("<script>"), LoginRefusal::Other);
    }
}
