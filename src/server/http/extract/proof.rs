//! The DPoP proof of a request.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, request::Parts},
    response::{IntoResponse, Response},
};

use super::NextNonce;
use crate::server::{
    auth::dpop::{NonceRule, Proof, ProofChallenge, Proofs, SignedRequest, Verification, VerifiedProof},
    http::Services,
    http::ingress::Call,
};

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// For endpoints that use a pending login or a session.
impl<S: Send + Sync> FromRequestParts<S> for VerifiedProof {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        verified_proof(parts, state, NonceRule::Required).await
    }
}

/// Verifies the proof, and charges its key's rate limit.
pub(super) async fn verified_proof<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    nonce: NonceRule,
) -> Result<VerifiedProof, Response> {
    let services = Services::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
    let proof = verify(&services.proofs, parts, None, nonce).map_err(IntoResponse::into_response)?;
    let allowed = services.edge.allows_key(parts, &proof.thumbprint).await;
    allowed.map_err(IntoResponse::into_response)?;
    let call = Call::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
    Ok(VerifiedProof::new(proof, services.proofs, move || call.prove()))
}

/// Verifies the proof, and leaves the next nonce for the response.
pub(super) fn verify(
    proofs: &Proofs,
    parts: &Parts,
    access_token: Option<&str>,
    nonce: NonceRule,
) -> Result<Proof, ProofChallenge> {
    let request = SignedRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        proofs: parts.headers.get_all(DPOP).iter().map(HeaderValue::as_bytes).collect(),
    };
    let Verification { proof, next_nonce } = proofs.verify(&request, access_token, nonce);
    if let (Some(nonce), Some(slot)) = (next_nonce, parts.extensions.get::<NextNonce>()) {
        slot.set(nonce);
    }
    proof
}
