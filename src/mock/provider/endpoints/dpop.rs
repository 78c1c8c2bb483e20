//! DPoP proofs (RFC 9449 §4.3), and the nonces that responses bring (§8).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::token_error::TokenError;
use crate::mock::provider::{
    endpoint::Endpoint,
    shared::Shared,
    state::{
        clock::unix_seconds,
        dpop::{DpopSupport, MAX_AGE},
        jws::{decode, is_signed_by},
    },
};

const NONCE_HEADER: HeaderName = HeaderName::from_static("dpop-nonce");

/// The endpoints whose responses bring a nonce.
const WITH_NONCE: [Endpoint; 3] = [Endpoint::Token, Endpoint::PushedAuthorization, Endpoint::Userinfo];

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Value,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: u64,
    nonce: Option<String>,
    ath: Option<String>,
}

/// The thumbprint of the key that signed the proof of a `POST` to this endpoint; `None` without a proof, or if the
/// provider reads none.
pub fn key_of_proof(shared: &Shared, headers: &HeaderMap, endpoint: Endpoint) -> Result<Option<String>, TokenError> {
    verify(shared, headers, "POST", endpoint, None)
}

/// The same for a request with an access token.
pub fn verify(
    shared: &Shared,
    headers: &HeaderMap,
    method: &str,
    endpoint: Endpoint,
    access_token: Option<&str>,
) -> Result<Option<String>, TokenError> {
    let support = shared.dpop().support;
    let mut proofs = headers.get_all("dpop").iter();
    let Some(proof) = proofs.next().filter(|_| support.reads_proofs()) else { return Ok(None) };
    let invalid = TokenError::InvalidDpopProof;
    if proofs.next().is_some() {
        return Err(invalid("there are two proofs"));
    }
    let (header, claims) = parse(proof).ok_or(invalid("it is no proof"))?;
    if header.typ != "dpop+jwt" || header.alg != "ES256" || header.jwk.get("d").is_some() {
        return Err(invalid("its header is not that of a proof with ES256"));
    }
    if !is_signed(proof, &header.jwk) {
        return Err(invalid("its signature is not by its key"));
    }
    if claims.htm != method || claims.htu != shared.url(endpoint) {
        return Err(invalid("it is for another request"));
    }
    if access_token.is_some_and(|token| claims.ath != Some(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token)))) {
        return Err(invalid("it is for another access token"));
    }
    let now = shared.now();
    let mut dpop = shared.dpop();
    match (&claims.nonce, support) {
        (Some(nonce), _) if dpop.is_nonce(nonce) => {}
        (Some(_), _) | (None, DpopSupport::Nonce) => return Err(TokenError::UseDpopNonce),
        (None, _) if unix_seconds(now).abs_diff(claims.iat) > MAX_AGE.as_secs() => {
            return Err(invalid("it is too old, or from the future"));
        }
        (None, _) => {}
    }
    match dpop.insert(&claims.jti, now) {
        true => Ok(Some(thumbprint(&header.jwk))),
        false => Err(invalid("it was used before")),
    }
}

/// Middleware: every response of these endpoints brings the nonce for the next request (§8.2).
pub async fn add_nonce(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let brings_nonce = Endpoint::at_path(request.uri().path()).is_some_and(|endpoint| WITH_NONCE.contains(&endpoint));
    let mut response = next.run(request).await;
    let mut dpop = shared.dpop();
    if brings_nonce
        && dpop.support == DpopSupport::Nonce
        && let Ok(nonce) = HeaderValue::from_str(dpop.issue_nonce().expose())
    {
        response.headers_mut().insert(NONCE_HEADER, nonce);
    }
    response
}

fn parse(proof: &HeaderValue) -> Option<(Header, Claims)> {
    let mut parts = proof.to_str().ok()?.split('.');
    let header = serde_json::from_slice(&decode(parts.next()?)?).ok()?;
    let claims = serde_json::from_slice(&decode(parts.next()?)?).ok()?;
    Some((header, claims))
}

fn is_signed(proof: &HeaderValue, jwk: &Value) -> bool {
    let verified = || {
        let (signed, signature) = proof.to_str().ok()?.rsplit_once('.')?;
        is_signed_by(jwk, "ES256", signed.as_bytes(), &decode(signature)?)
    };
    jwk["kty"] == "EC" && jwk["crv"] == "P-256" && verified() == Some(true)
}

/// RFC 7638 §3. `serde_json` writes the members in lexicographic order.
fn thumbprint(jwk: &Value) -> String {
    let required = json!({ "crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"], "y": jwk["y"] });
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(required.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_9449() {
        // §6.1
        let jwk = json!({
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "crv": "P-256",
        });
        assert_eq!(thumbprint(&jwk), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }
}
