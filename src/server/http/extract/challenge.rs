//! Refusals as responses. A `WWW-Authenticate` header says what the client may do about them (RFC 9449 §7.1).

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{
    server::{
        auth::{access_token::AuthError, dpop::ProofChallenge},
        http::ingress::TooMany,
    },
    wire::error::ApiError,
};

impl IntoResponse for ProofChallenge {
    fn into_response(self) -> Response {
        const INVALID: &str = r#"DPoP error="invalid_dpop_proof", algs="ES256""#;
        const USE_NONCE: &str = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
        match self {
            Self::InvalidProof => ([(header::WWW_AUTHENTICATE, INVALID)], ApiError::from(self)).into_response(),
            Self::UseNonce => ([(header::WWW_AUTHENTICATE, USE_NONCE)], ApiError::from(self)).into_response(),
            Self::Unavailable => ApiError::from(self).into_response(),
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        let challenge = match self {
            Self::NoToken => HeaderValue::from_static(r#"DPoP algs="ES256""#),
            Self::InvalidToken(_) | Self::OtherKey => {
                HeaderValue::from_static(r#"DPoP error="invalid_token", algs="ES256""#)
            }
            Self::Proof(challenge) => return challenge.into_response(),
            Self::InsufficientScope(scope) => return insufficient_scope(&scope, ApiError::Forbidden),
            Self::RolesLeftOut => return insufficient_scope("", ApiError::RolesLeftOut),
            Self::Unavailable(_) => return ApiError::Unavailable.into_response(),
            Self::TooMany { retry_after } => return TooMany { retry_after }.into_response(),
        };
        ([(header::WWW_AUTHENTICATE, challenge)], ApiError::Unauthenticated).into_response()
    }
}

/// RFC 6750 §3.1. Where a role is missing, there may be no scope to name.
fn insufficient_scope(scope: &str, error: ApiError) -> Response {
    let scope = if scope.is_empty() { String::new() } else { format!(r#", scope="{scope}""#) };
    let challenge = format!(r#"DPoP error="insufficient_scope"{scope}, algs="ES256""#);
    ([(header::WWW_AUTHENTICATE, challenge)], error).into_response()
}

impl From<TooMany> for AuthError {
    fn from(TooMany { retry_after }: TooMany) -> Self {
        Self::TooMany { retry_after }
    }
}
