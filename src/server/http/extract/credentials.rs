//! The access token in the `Authorization` header.

use axum::http::{HeaderMap, header};

use crate::{server::auth::access_token::AuthError, wire::auth::AccessToken};

/// The longest access token that is accepted, in bytes. JWTs with many groups in them reach some thousands.
const MAX_LENGTH: usize = 16 * 1024;

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
        if another.is_some() || !(1..=MAX_LENGTH).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(AuthError::invalid_token("the header is malformed"));
        }
        // RFC 9110 §11.1: scheme names are case-insensitive.
        match scheme.to_ascii_lowercase().as_str() {
            "dpop" => Ok(Self::WithProof(AccessToken::new(token))),
            "bearer" => Ok(Self::Bearer(AccessToken::new(token))),
            // RFC 6750 §3.1: another scheme carries no token.
            _ => Err(AuthError::NoToken),
        }
    }
}
