//! `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §3): the client authenticates by an assertion that it signed,
//! and that is accepted once.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::token_error::TokenError;
use crate::mock::provider::{
    endpoint::Endpoint,
    params::Params,
    shared::Shared,
    state::{
        client::Client,
        clock::unix_seconds,
        jws::{decode, is_signed_by},
    },
};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion may be valid (FAPI 2.0 §5.3.3.1), and how far the client's clock may be ahead; in seconds.
const MAX_LIFETIME: u64 = 60;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    jti: String,
    iat: u64,
    exp: u64,
}

/// Accepts an assertion that a registered client signed for this provider, and that was not used before.
pub fn verify<'a>(shared: &'a Shared, params: &Params) -> Result<&'a Client, TokenError> {
    accepted(shared, params).ok_or(TokenError::InvalidClient)
}

fn accepted<'a>(shared: &'a Shared, params: &Params) -> Option<&'a Client> {
    let assertion = params.get("client_assertion")?;
    // The client whose keys are used for the check is the one that the assertion names.
    let client = shared.clients.get(&claims(assertion)?.sub)?;
    let is_accepted = params.get("client_assertion_type") == Some(TYPE)
        && params.get("client_id").is_none_or(|id| id == client.client_id)
        && verified_claims(client, assertion).is_some_and(|claims| is_valid(shared, client, &claims));
    is_accepted.then_some(client)
}

fn is_valid(shared: &Shared, client: &Client, claims: &Claims) -> bool {
    let now = shared.now();
    let seconds = unix_seconds(now);
    let retention = Duration::from_secs(2 * MAX_LIFETIME);
    claims.iss == client.client_id
        && claims.sub == client.client_id
        && (claims.aud == shared.issuer || claims.aud == shared.url(Endpoint::Token))
        && seconds < claims.exp
        && claims.exp <= claims.iat + MAX_LIFETIME
        && claims.iat <= seconds + MAX_LIFETIME
        && shared.used_assertions().insert(&claims.jti, retention, now)
}

/// The claims, if one of the client's keys signed them.
fn verified_claims(client: &Client, assertion: &str) -> Option<Claims> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (header, _) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    let signature = decode(signature)?;
    let is_signed = |key: &Value| is_signed_by(key, &header.alg, signed.as_bytes(), &signature) == Some(true);
    let is_named = |key: &&Value| header.kid.is_none() || key["kid"].as_str() == header.kid.as_deref();
    client.jwks.iter().filter(is_named).any(is_signed).then_some(())?;
    claims(assertion)
}

/// Whether the assertion is signed is not checked.
fn claims(assertion: &str) -> Option<Claims> {
    serde_json::from_slice(&decode(assertion.split('.').nth(1)?)?).ok()
}
