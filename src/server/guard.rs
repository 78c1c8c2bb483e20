//! The guard of the API doors: no good access token, no entry; and no entry with a token that was made for another
//! browser.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{Services, proof::ProofChallenge, sessions::StoreError};
use crate::wire::{
    auth::{AccessToken, UserClaims},
    error::ApiError,
};

/// Whoever called a guarded door with a good access token. A door that takes one can't be entered without.
pub struct Caller {
    pub user: UserClaims,
}

/// Why a call was not let in (RFC 6750 §3, RFC 9449 §7.1).
pub enum Refusal {
    /// No `Authorization`: the challenge carries no error code (RFC 6750 §3.1).
    NoToken,
    /// Malformed, unknown, expired, of a session that has ended, or of another browser.
    InvalidToken,
    Proof(ProofChallenge),
    /// The token could not be judged. Nothing fails open.
    Unavailable,
}

/// How the access token was sent.
enum Presented {
    /// With a proof (RFC 9449 §7.1).
    WithProof(AccessToken),
    /// As a bearer token (RFC 6750 §2.1).
    Bearer(AccessToken),
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let presented = presented(&parts.headers)?;
        let services = Services::from_request_parts(parts, state).await.map_err(|_| Refusal::Unavailable)?;
        let user = match presented {
            Presented::WithProof(access_token) => {
                let proof = services.proofs.verify(parts, Some(access_token.secret()))?;
                let holder = services.sessions.holder(&access_token).await?.ok_or(Refusal::InvalidToken)?;
                if !holder.browser_key.matches(&proof.thumbprint) {
                    return Err(Refusal::InvalidToken);
                }
                services.proofs.spend(proof, parts).await?;
                holder.user
            }
            Presented::Bearer(access_token) if services.bearer_tokens_allowed => {
                services.sessions.holder(&access_token).await?.ok_or(Refusal::InvalidToken)?.user
            }
            Presented::Bearer(_) => return Err(Refusal::InvalidToken),
        };
        Ok(Self { user })
    }
}

impl From<ProofChallenge> for Refusal {
    fn from(challenge: ProofChallenge) -> Self {
        Self::Proof(challenge)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "access token could not be judged");
        Self::Unavailable
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = match self {
            Self::NoToken => HeaderValue::from_static(r#"DPoP algs="ES256""#),
            Self::InvalidToken => HeaderValue::from_static(r#"DPoP error="invalid_token", algs="ES256""#),
            Self::Proof(challenge) => return challenge.into_response(),
            Self::Unavailable => return ApiError::Unavailable.into_response(),
        };
        ([(header::WWW_AUTHENTICATE, challenge)], ApiError::Unauthenticated).into_response()
    }
}

/// The one access token of the request: header only, never URL or body (RFC 6750 §2).
fn presented(headers: &HeaderMap) -> Result<Presented, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (values.next().ok_or(Refusal::NoToken)?, values.next());
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Refusal::InvalidToken)?;
    // Any that a provider may issue (RFC 6749 appendix A.12): what it is worth shows when it is looked up.
    let token = token.trim_matches(' ');
    if another.is_some() || token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::InvalidToken);
    }
    // RFC 9110 §11.1: scheme names have no case.
    match scheme.to_ascii_lowercase().as_str() {
        "dpop" => Ok(Presented::WithProof(AccessToken::new(token))),
        "bearer" => Ok(Presented::Bearer(AccessToken::new(token))),
        // RFC 6750 §3.1: another scheme is no token.
        _ => Err(Refusal::NoToken),
    }
}
