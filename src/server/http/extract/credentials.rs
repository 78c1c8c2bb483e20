//! The access token in the `Authorization` header.

use axum::http::{HeaderMap, header};

use crate::{server::auth::access_token::AuthError, wire::auth::AccessToken};

/// How the access token was sent.
pub(super) enum Credentials {
    /// With a proof (RFC 9449 §7.1).
    WithProof(AccessToken),
    /// As a bearer token (RFC 6750 §2.1).
    Bearer(AccessToken),
}

impl Credentials {
    /// The only access token of the request: from the header, never from URL or body (RFC 6750 §2).
    pub fn in_headers(headers: &HeaderMap) -> Result<Self, AuthError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (value, another) = (values.next().ok_or(AuthError::NoToken)?, values.next());
        let (scheme, token) = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .ok_or_else(|| AuthError::invalid_token("the header is malformed"))?;
        // Any characters that a provider may use (RFC 6749 appendix A.12); the token is judged later.
        let token = token.trim_matches(' ');
        if another.is_some() || token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::invalid_token("the header is malformed"));
        }
        let token = AccessToken::new(token);
        // RFC 9110 §11.1: scheme names are case-insensitive.
        let credentials = match scheme.to_ascii_lowercase().as_str() {
            "dpop" => Self::WithProof(token),
            "bearer" => Self::Bearer(token),
            // RFC 6750 §3.1: another scheme carries no token.
            _ => return Err(AuthError::NoToken),
        };
        match credentials.access_token().is_too_long() {
            // No token of this length was issued here.
            true => Err(AuthError::InvalidToken(format!("it has more than {} bytes", AccessToken::MAX_LENGTH))),
            false => Ok(credentials),
        }
    }

    fn access_token(&self) -> &AccessToken {
        let (Self::WithProof(token) | Self::Bearer(token)) = self;
        token
    }
}
