//! `POST /backchannel-logout`: the provider reports sessions that have ended (OpenID Connect Back-Channel Logout §2.5,
//! §2.8). The logout token alone authenticates the request.

use axum::{
    Json,
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use url::form_urlencoded;

use super::Services;
use crate::{
    server::{
        auth::sessions::BackChannelError,
        observe::audit::{self, Event},
    },
    wire::error::RETRY_AFTER_SECONDS,
};

pub const PATH: &str = "/backchannel-logout";

/// An error response to the provider (§2.8, RFC 6749 §5.2).
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
}

pub async fn logout(services: Services, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match logout_token(&headers, &body) {
        Ok(token) => services.sessions.follow_logout_token(&token).await.map_err(Refusal::from),
        Err(refusal) => Err(refusal),
    };
    let mut response = match answer {
        // Also where no session was left to end.
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// The one `logout_token` of the form; other fields are ignored (§2.5).
fn logout_token(headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::invalid("the body must be application/x-www-form-urlencoded"));
    }
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token").map(|(_, value)| value);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) if !token.is_empty() => Ok(token.into_owned()),
        (Some(_), Some(_)) => Err(Refusal::invalid("logout_token came more than once")),
        _ => Err(Refusal::invalid("logout_token is missing")),
    }
}

impl Refusal {
    fn invalid(description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", description: description.into() }
    }

    /// The provider may send the same token again.
    fn undecided(error: &BackChannelError) -> Self {
        audit::record(Event::BackChannelLogoutFailed, None, Some(error));
        let (status, description) = (StatusCode::SERVICE_UNAVAILABLE, "try again later".into());
        Self { status, error: "temporarily_unavailable", description }
    }
}

/// Recorded here, once, at the boundary.
impl From<BackChannelError> for Refusal {
    fn from(error: BackChannelError) -> Self {
        match error {
            BackChannelError::Token(ref token) if token.is_undecided() => Self::undecided(&error),
            BackChannelError::Store(_) => Self::undecided(&error),
            BackChannelError::Token(_) | BackChannelError::OtherUser | BackChannelError::Replayed => {
                audit::record(Event::BackChannelLogoutRefused, None, Some(&error));
                Self::invalid(error.to_string())
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "error_description": self.description }));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}
