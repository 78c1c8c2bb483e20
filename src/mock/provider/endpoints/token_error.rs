//! The error response of the token and revocation endpoints (RFC 6749 §5.2).

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::mock::provider::{
    params::Params,
    state::{
        client::{self, ClientAuthError},
        grants::GrantError,
    },
};

/// In characters, as real ones have been.
const LONG: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("{0}")]
    InvalidRequest(String),
    #[error("client authentication failed")]
    InvalidClient,
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    /// As careless providers write theirs: all that they were sent, in a long text.
    #[error("could not look up {0}")]
    Repeated(String),
    /// Not in RFC 6749 §5.2: the provider itself failed.
    #[error("no ID token could be made")]
    ServerError,
}

impl TokenError {
    /// Of a request like this.
    pub fn repeating(headers: &HeaderMap, params: &Params) -> TokenError {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
        let (id, secret) = client::basic_credentials(authorization).unwrap_or_default();
        let mut words: String = params.all().map(|(name, value)| format!("{name} ({value}) ")).collect();
        words += &format!("for {id} with ({secret}) in {}. ", String::from_utf8_lossy(authorization));
        TokenError::Repeated(words + &"Please try again. ".repeat(LONG / 18))
    }

    pub fn code(&self) -> &'static str {
        match self {
            TokenError::InvalidRequest(_) => "invalid_request",
            TokenError::InvalidClient => "invalid_client",
            TokenError::Grant(GrantError::WiderScope) => "invalid_scope",
            TokenError::Grant(_) | TokenError::Repeated(_) => "invalid_grant",
            TokenError::UnsupportedGrantType => "unsupported_grant_type",
            TokenError::ServerError => "server_error",
        }
    }
}

impl From<ClientAuthError> for TokenError {
    fn from(error: ClientAuthError) -> TokenError {
        match error {
            ClientAuthError::TwoMethods => TokenError::InvalidRequest("two methods of client authentication".into()),
            ClientAuthError::Unauthenticated => TokenError::InvalidClient,
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = Json(json!({
            "error": self.code(),
            "error_description": self.to_string(),
        }));
        let challenge = [(header::WWW_AUTHENTICATE, r#"Basic realm="mock OpenID provider""#)];
        match self {
            TokenError::InvalidClient => (StatusCode::UNAUTHORIZED, challenge, body).into_response(),
            TokenError::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, body).into_response(),
            _ => (StatusCode::BAD_REQUEST, body).into_response(),
        }
    }
}
