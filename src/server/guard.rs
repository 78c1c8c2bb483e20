//! The guard of the API doors: no good access token, no entry.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::Services;
use crate::wire::{
    auth::{AccessToken, UserClaims},
    error::ApiError,
};

/// Whoever called a guarded door with a good access token. A door that takes one can't be entered without.
pub struct Caller {
    pub user: UserClaims,
}

/// Why a call was not let in (RFC 6750 §3).
pub enum Refusal {
    /// No `Authorization: Bearer`: the challenge carries no error code (§3.1).
    NoToken,
    /// Malformed, unknown, expired, or of a session that has ended.
    InvalidToken,
    /// The token could not be judged. Nothing fails open.
    Unavailable,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let access_token = bearer_token(&parts.headers)?;
        let services = Services::from_request_parts(parts, state).await.map_err(|_| Refusal::Unavailable)?;
        match services.sessions.holder(&access_token).await {
            Ok(Some(user)) => Ok(Self { user }),
            Ok(None) => Err(Refusal::InvalidToken),
            Err(error) => {
                tracing::error!(%error, "access token could not be judged");
                Err(Refusal::Unavailable)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = match self {
            Self::NoToken => HeaderValue::from_static("Bearer"),
            Self::InvalidToken => HeaderValue::from_static(r#"Bearer error="invalid_token""#),
            Self::Unavailable => return ApiError::Unavailable.into_response(),
        };
        ([(header::WWW_AUTHENTICATE, challenge)], ApiError::Unauthenticated).into_response()
    }
}

/// The one bearer token of the request: header only, never URL or body (RFC 6750 §2).
fn bearer_token(headers: &HeaderMap) -> Result<AccessToken, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (values.next().ok_or(Refusal::NoToken)?, values.next());
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Refusal::InvalidToken)?;
    // RFC 9110 §11.1: scheme names have no case. RFC 6750 §3.1: another scheme is no token.
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    // Any that a provider may issue (RFC 6749 appendix A.12): what it is worth shows when it is looked up.
    let token = token.trim_matches(' ');
    match another.is_none() && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(AccessToken::new(token)),
        false => Err(Refusal::InvalidToken),
    }
}
