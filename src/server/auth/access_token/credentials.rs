//! The access token of a request.

use axum::http::{HeaderMap, header};

use super::Refusal;
use crate::wire::auth::AccessToken;

/// Longest access token taken, in bytes. JWTs with many groups in them reach some thousands.
const MAX_LENGTH: usize = 16 * 1024;

/// How the access token was sent.
pub(super) enum Presented {
    /// With a proof (RFC 9449 §7.1).
    WithProof(AccessToken),
    /// As a bearer token (RFC 6750 §2.1).
    Bearer(AccessToken),
}

impl Presented {
    /// The one access token of the request: header only, never URL or body (RFC 6750 §2).
    pub fn in_headers(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (value, another) = (values.next().ok_or(Refusal::NoToken)?, values.next());
        let (scheme, token) = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .ok_or_else(|| Refusal::invalid_token("the header is malformed"))?;
        // Any that a provider may issue (RFC 6749 appendix A.12): what it is worth shows when it is looked up.
        let token = token.trim_matches(' ');
        if another.is_some() || !(1..=MAX_LENGTH).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(Refusal::invalid_token("the header is malformed"));
        }
        // RFC 9110 §11.1: scheme names have no case.
        match scheme.to_ascii_lowercase().as_str() {
            "dpop" => Ok(Self::WithProof(AccessToken::new(token))),
            "bearer" => Ok(Self::Bearer(AccessToken::new(token))),
            // RFC 6750 §3.1: another scheme is no token.
            _ => Err(Refusal::NoToken),
        }
    }
}
