//! The key that a login is begun for.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use super::proof::verified_proof;
use crate::{
    server::auth::dpop::{KeyRefusal, NonceRule, ProofError, ProofRefusal, Thumbprint},
    wire::error::ApiError,
};

/// `dpop_jkt` in the query (RFC 9449 §10): the thumbprint of the key that made the request's proof, which is consumed.
#[derive(Clone, Debug)]
pub struct DpopJkt(pub Thumbprint);

impl<S: Send + Sync> FromRequestParts<S> for DpopJkt {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let thumbprint = thumbprint(parts).map_err(IntoResponse::into_response)?;
        // A browser's first request can't have a nonce; the response brings one.
        let proof = verified_proof(parts, state, NonceRule::Optional).await?;
        match proof.accept(&thumbprint).await {
            Ok(key) => Ok(Self(key.into_thumbprint())),
            // RFC 9449 §10.1
            Err(KeyRefusal::OtherKey) => Err(ProofRefusal::from(ProofError::WrongKey).report().into_response()),
            Err(KeyRefusal::Proof(challenge)) => Err(challenge.into_response()),
        }
    }
}

/// The one `dpop_jkt` of the query.
fn thumbprint(parts: &Parts) -> Result<Thumbprint, ApiError> {
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let mut values = query.filter(|(name, _)| name == "dpop_jkt").map(|(_, value)| value);
    let only = values.next().filter(|_| values.next().is_none());
    only.and_then(|text| text.parse().ok()).ok_or_else(|| ApiError::MalformedRequest {
        reason: "`dpop_jkt` must be the browser key's RFC 7638 thumbprint: 43 characters of base64url".into(),
    })
}
