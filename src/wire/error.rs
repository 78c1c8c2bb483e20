//! The one error type on the wire.
//!
//! Every failure of an endpoint is one of [`ApiError`]'s variants. The server maps it to an HTTP status, the client to
//! a sentence in the person's language. Causes stay in the server's log.

use std::fmt;

use dioxus::fullstack::StatusCode;
use serde::{Deserialize, Serialize};

use super::step_up::GuardedAction;

/// The default `Retry-After` of 503 responses, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 5;

/// `{"kind": …}` on the wire, inside `{"code", "message", "data", "request_id"}`, with the status of
/// [`ApiError::status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ApiError {
    /// 400: the request can't be parsed, such as a body that is not JSON. `reason` says where.
    MalformedRequest { reason: String },
    /// 422: `field` is missing or out of bounds.
    InvalidField { field: String, reason: String },
    /// 413: the body exceeds the endpoint's limit.
    BodyTooLarge,
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 400: the `state` is unknown, used or expired. The login must start again; with `restart`, the browser begins it
    /// without waiting for the person, once.
    InvalidState {
        #[serde(default, skip_serializing_if = "is_false")]
        restart: bool,
    },
    /// 401: the provider refused the login (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6). With `restart`, the browser
    /// begins it again without waiting for the person, once.
    LoginRefused {
        error: LoginRefusal,
        #[serde(default, skip_serializing_if = "is_false")]
        restart: bool,
    },
    /// 401: the provider's response did not pass verification, or the provider refused the code.
    LoginFailed,
    /// 401: the session has ended. The only error that means: sign in again.
    SessionEnded,
    /// 401: the DPoP proof is missing, or not valid for this request (RFC 9449 §7.1).
    InvalidProof,
    /// 401 with `WWW-Authenticate`: the access token is missing or not valid.
    Unauthenticated,
    /// 401 with `WWW-Authenticate`: the access token is valid, and the person must have signed in more recently, or more
    /// strongly, for this action (RFC 9470 §3). A login for the action (`GET /api/authorize?action=…`) asks for it.
    StepUpRequired {
        action: GuardedAction,
        /// One of these is wanted as `acr`, if there are any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acr_values: Vec<String>,
        /// Seconds since the person signed in at the provider, at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_age: Option<u64>,
    },
    /// 403: the access token is valid, but lacks a required permission.
    Forbidden,
    /// 403: a role is required, and the provider has left the person's roles out, as there are too many.
    RolesLeftOut,
    /// 403: the person may not use the model that they asked for, or there is none of that name.
    ModelUnavailable,
    /// 403: the operator's notice is to be accepted first, in its current version.
    NoticeNotAccepted,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 409: an answer of the same conversation is running.
    Conflict,
    /// 409: a limit is reached. The person can delete something.
    LimitReached { limit: Limit },
    /// 429: too many requests. They are accepted again after `retry_after` seconds.
    TooManyRequests { retry_after: u64 },
    /// The provider can't be reached, or failed. 503 with `retry_after` where another try can succeed after that time, 502
    /// where it is not known when. A login starts again in both cases; other requests can be repeated.
    ProviderUnavailable { retry_after: Option<u64> },
    /// 502: the provider issued an access token that is longer than any call can carry. Signing in again does not help.
    AccessTokenTooLong,
    /// 503: a service that the server depends on can't be reached. The request can be repeated.
    Unavailable,
    /// 500.
    Internal,
    /// Made by the client only: the request did not reach the server, or the response is not one of ours.
    Unreachable,
}

/// What is limited for each person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Conversations,
    /// In one conversation.
    Messages,
    /// Of one message.
    Versions,
    /// Bytes in all conversations together.
    Storage,
}

/// The provider's error codes that a person can act upon. Others are [`LoginRefusal::Other`], and are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginRefusal {
    /// The person, or the provider's policy, denied the request.
    AccessDenied,
    /// The provider wants the person to sign in, consent or choose, and was not allowed to ask.
    InteractionRequired,
    /// The provider is overloaded or under maintenance.
    TemporarilyUnavailable,
    Other,
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedRequest { .. } | Self::InvalidState { .. } => StatusCode::BAD_REQUEST,
            Self::InvalidField { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::LoginRefused { .. }
            | Self::LoginFailed
            | Self::SessionEnded
            | Self::InvalidProof
            | Self::StepUpRequired { .. }
            | Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::RolesLeftOut | Self::ModelUnavailable | Self::NoticeNotAccepted => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::LimitReached { .. } => StatusCode::CONFLICT,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ProviderUnavailable { retry_after: Some(_) } | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ProviderUnavailable { retry_after: None } | Self::AccessTokenTooLong | Self::Unreachable => {
                StatusCode::BAD_GATEWAY
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A short English text for developers and logs. The client has its own texts for people.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedRequest { reason } => write!(f, "malformed request: {reason}"),
            Self::InvalidField { field, reason } => write!(f, "invalid field `{field}`: {reason}"),
            Self::BodyTooLarge => f.write_str("request body too large"),
            Self::UnsupportedMediaType => f.write_str("the body must be application/json"),
            Self::InvalidState { .. } => f.write_str("unknown, used or expired state"),
            Self::LoginRefused { .. } => f.write_str("the provider refused the login"),
            Self::LoginFailed => f.write_str("login failed"),
            Self::SessionEnded => f.write_str("the session has ended"),
            Self::InvalidProof => f.write_str("a proof of the browser key for this call is needed"),
            Self::Unauthenticated => f.write_str("a good access token is needed"),
            Self::StepUpRequired { action, .. } => {
                write!(f, "a more recent or a stronger sign-in is needed to {}", action.name().replace('_', " "))
            }
            Self::Forbidden => f.write_str("not allowed"),
            Self::RolesLeftOut => {
                f.write_str("not allowed: the provider has left the roles out, as there are too many")
            }
            Self::ModelUnavailable => f.write_str("the model is not offered to this person"),
            Self::NoticeNotAccepted => f.write_str("the notice is not accepted"),
            Self::NotFound => f.write_str("not found"),
            Self::MethodNotAllowed => f.write_str("method not allowed"),
            Self::Conflict => f.write_str("an answer of this conversation is running"),
            Self::LimitReached { limit: Limit::Conversations } => f.write_str("there are too many conversations"),
            Self::LimitReached { limit: Limit::Messages } => f.write_str("the conversation has too many messages"),
            Self::LimitReached { limit: Limit::Versions } => f.write_str("the message has too many versions"),
            Self::LimitReached { limit: Limit::Storage } => f.write_str("the conversations take too much room"),
            Self::TooManyRequests { .. } => f.write_str("too many requests"),
            Self::ProviderUnavailable { .. } => f.write_str("the identity provider is unavailable"),
            Self::AccessTokenTooLong => f.write_str("the identity provider's access token is too long to be used"),
            Self::Unavailable => f.write_str("temporarily unavailable"),
            Self::Internal => f.write_str("internal error"),
            Self::Unreachable => f.write_str("the server could not be reached"),
        }
    }
}

impl ApiError {
    /// Whether a developer or operator should look into it: it is neither the person's doing nor a passing state. The
    /// client shows the request's id with such an error.
    pub fn is_to_be_reported(&self) -> bool {
        match self {
            Self::MalformedRequest { .. }
            | Self::UnsupportedMediaType
            | Self::LoginRefused { error: LoginRefusal::Other, .. }
            | Self::LoginFailed
            | Self::InvalidProof
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::RolesLeftOut
            | Self::MethodNotAllowed
            | Self::ProviderUnavailable { .. }
            | Self::AccessTokenTooLong
            | Self::Unavailable
            | Self::Internal => true,
            Self::InvalidField { .. }
            | Self::BodyTooLarge
            | Self::InvalidState { .. }
            | Self::LoginRefused { .. }
            | Self::SessionEnded
            | Self::StepUpRequired { .. }
            | Self::ModelUnavailable
            | Self::NoticeNotAccepted
            | Self::NotFound
            | Self::Conflict
            | Self::LimitReached { .. }
            | Self::TooManyRequests { .. }
            | Self::Unreachable => false,
        }
    }

    /// Whether the login is to be begun again without waiting for the person.
    pub fn restarts_login(&self) -> bool {
        matches!(self, Self::InvalidState { restart: true } | Self::LoginRefused { restart: true, .. })
    }

    /// Seconds to wait before another try. 0 where that is unknown.
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

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every error as it is on the wire.
    fn errors() -> Vec<(ApiError, &'static str)> {
        let (field, reason) = (String::from("f"), String::from("r"));
        vec![
            (ApiError::MalformedRequest { reason: reason.clone() }, r#"{"kind":"malformed_request","reason":"r"}"#),
            (ApiError::InvalidField { field, reason }, r#"{"kind":"invalid_field","field":"f","reason":"r"}"#),
            (ApiError::BodyTooLarge, r#"{"kind":"body_too_large"}"#),
            (ApiError::UnsupportedMediaType, r#"{"kind":"unsupported_media_type"}"#),
            (ApiError::InvalidState { restart: false }, r#"{"kind":"invalid_state"}"#),
            (ApiError::InvalidState { restart: true }, r#"{"kind":"invalid_state","restart":true}"#),
            (
                ApiError::LoginRefused { error: LoginRefusal::AccessDenied, restart: false },
                r#"{"kind":"login_refused","error":"access_denied"}"#,
            ),
            (
                ApiError::LoginRefused { error: LoginRefusal::InteractionRequired, restart: true },
                r#"{"kind":"login_refused","error":"interaction_required","restart":true}"#,
            ),
            (ApiError::LoginFailed, r#"{"kind":"login_failed"}"#),
            (ApiError::SessionEnded, r#"{"kind":"session_ended"}"#),
            (ApiError::InvalidProof, r#"{"kind":"invalid_proof"}"#),
            (ApiError::Unauthenticated, r#"{"kind":"unauthenticated"}"#),
            (
                ApiError::StepUpRequired { action: GuardedAction::EndAllSessions, acr_values: vec![], max_age: None },
                r#"{"kind":"step_up_required","action":"end_all_sessions"}"#,
            ),
            (
                ApiError::StepUpRequired {
                    action: GuardedAction::Export,
                    acr_values: vec!["phr".into()],
                    max_age: Some(300),
                },
                r#"{"kind":"step_up_required","action":"export","acr_values":["phr"],"max_age":300}"#,
            ),
            (ApiError::Forbidden, r#"{"kind":"forbidden"}"#),
            (ApiError::RolesLeftOut, r#"{"kind":"roles_left_out"}"#),
            (ApiError::ModelUnavailable, r#"{"kind":"model_unavailable"}"#),
            (ApiError::NoticeNotAccepted, r#"{"kind":"notice_not_accepted"}"#),
            (ApiError::NotFound, r#"{"kind":"not_found"}"#),
            (ApiError::MethodNotAllowed, r#"{"kind":"method_not_allowed"}"#),
            (ApiError::Conflict, r#"{"kind":"conflict"}"#),
            (ApiError::LimitReached { limit: Limit::Messages }, r#"{"kind":"limit_reached","limit":"messages"}"#),
            (ApiError::TooManyRequests { retry_after: 7 }, r#"{"kind":"too_many_requests","retry_after":7}"#),
            (
                ApiError::ProviderUnavailable { retry_after: Some(7) },
                r#"{"kind":"provider_unavailable","retry_after":7}"#,
            ),
            (
                ApiError::ProviderUnavailable { retry_after: None },
                r#"{"kind":"provider_unavailable","retry_after":null}"#,
            ),
            (ApiError::AccessTokenTooLong, r#"{"kind":"access_token_too_long"}"#),
            (ApiError::Unavailable, r#"{"kind":"unavailable"}"#),
            (ApiError::Internal, r#"{"kind":"internal"}"#),
            (ApiError::Unreachable, r#"{"kind":"unreachable"}"#),
        ]
    }

    /// Does not compile where a kind is missing: add it to [`errors`], too.
    fn is_among_the_errors(error: &ApiError) {
        match error {
            ApiError::MalformedRequest { .. }
            | ApiError::InvalidField { .. }
            | ApiError::BodyTooLarge
            | ApiError::UnsupportedMediaType
            | ApiError::InvalidState { .. }
            | ApiError::LoginRefused { .. }
            | ApiError::LoginFailed
            | ApiError::SessionEnded
            | ApiError::InvalidProof
            | ApiError::Unauthenticated
            | ApiError::StepUpRequired { .. }
            | ApiError::Forbidden
            | ApiError::RolesLeftOut
            | ApiError::ModelUnavailable
            | ApiError::NoticeNotAccepted
            | ApiError::NotFound
            | ApiError::MethodNotAllowed
            | ApiError::Conflict
            | ApiError::LimitReached { .. }
            | ApiError::TooManyRequests { .. }
            | ApiError::ProviderUnavailable { .. }
            | ApiError::AccessTokenTooLong
            | ApiError::Unavailable
            | ApiError::Internal
            | ApiError::Unreachable => {}
        }
    }

    #[test]
    fn every_error_has_its_kind_and_is_read_as_it_was_written() {
        for (error, json) in errors() {
            is_among_the_errors(&error);
            assert_eq!(serde_json::to_string(&error).unwrap(), json);
            assert_eq!(serde_json::from_str::<ApiError>(json).unwrap(), error, "{json}");
        }
    }

    #[test]
    fn unknown_fields_of_an_error_are_ignored_and_an_absent_option_is_none() {
        for (json, error) in [
            (r#"{"of_a_later_release":[1],"kind":"internal","reason":"r"}"#, ApiError::Internal),
            (r#"{"retry_after":7,"kind":"too_many_requests","x":{}}"#, ApiError::TooManyRequests { retry_after: 7 }),
            (r#"{"kind":"provider_unavailable"}"#, ApiError::ProviderUnavailable { retry_after: None }),
        ] {
            assert_eq!(serde_json::from_str::<ApiError>(json).unwrap(), error, "{json}");
        }
    }

    #[test]
    fn an_error_of_an_unknown_kind_or_without_a_required_field_is_refused() {
        for json in
            ["{}", r#"{"kind":"sold_out"}"#, r#"{"kind":"limit_reached"}"#, r#"{"kind":"limit_reached","limit":"all"}"#]
        {
            assert!(serde_json::from_str::<ApiError>(json).is_err(), "{json}");
        }
    }
}
