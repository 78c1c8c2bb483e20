//! The error response of the token and revocation endpoints (RFC 6749 §5.2).

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::mock::provider::state::grants::GrantError;

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
    /// RFC 9449 §5
    #[error("the DPoP proof is refused: {0}")]
    InvalidDpopProof(&'static str),
    /// RFC 9449 §8
    #[error("the proof needs the nonce of this response")]
    UseDpopNonce,
    /// Repeats the request, as careless providers do.
    #[error("could not look up {0}")]
    Echo(String),
    /// Not in RFC 6749 §5.2: the provider itself failed.
    #[error("no ID token could be made")]
    ServerError,
}

impl TokenError {
    pub fn code(&self) -> &'static str {
        match self {
            TokenError::InvalidRequest(_) => "invalid_request",
            TokenError::InvalidClient => "invalid_client",
            TokenError::Grant(GrantError::WiderScope) => "invalid_scope",
            TokenError::Grant(_) | TokenError::Echo(_) => "invalid_grant",
            TokenError::InvalidDpopProof(_) => "invalid_dpop_proof",
            TokenError::UseDpopNonce => "use_dpop_nonce",
            TokenError::UnsupportedGrantType => "unsupported_grant_type",
            TokenError::ServerError => "server_error",
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
