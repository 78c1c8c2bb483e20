//! `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §3): a client proves who it is by a signature, once.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use crate::mock::provider::{
    endpoint::Endpoint, params::Params, shared::Shared, shared::unix_seconds, state::client::ClientAuthError,
};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Seconds: how long one is good (FAPI 2.0 §5.3.3.1), and how far the client's clock may be ahead.
const LONGEST: u64 = 60;

/// The `jti`s that came, for as long as their assertions are good.
#[derive(Debug, Default)]
pub struct SeenAssertions(HashMap<String, Instant>);

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

impl SeenAssertions {
    fn is_new(&mut self, jti: &str) -> bool {
        let now = Instant::now();
        self.0.retain(|_, forgotten| now < *forgotten);
        self.0.insert(jti.to_owned(), now + Duration::from_secs(2 * LONGEST)).is_none()
    }
}

/// Whether the assertion among these parameters is our client's, for us, and new.
pub fn verify(shared: &Shared, params: &Params) -> Result<(), ClientAuthError> {
    let is_good = params.get("client_assertion_type") == Some(TYPE)
        && params.get("client_id").is_none_or(|id| id == shared.client.client_id)
        && params.get("client_assertion").and_then(|assertion| claims(shared, assertion)).is_some_and(|claims| {
            let now = unix_seconds();
            let token_endpoint = shared.url(Endpoint::Token);
            claims.iss == shared.client.client_id
                && claims.sub == shared.client.client_id
                && (claims.aud == shared.issuer || claims.aud == token_endpoint)
                && now < claims.exp
                && claims.exp <= claims.iat + LONGEST
                && claims.iat <= now + LONGEST
                && shared.seen_assertions().is_new(&claims.jti)
        });
    if is_good { Ok(()) } else { Err(ClientAuthError::Unauthenticated) }
}

/// The claims, if a registered key signed them.
fn claims(shared: &Shared, assertion: &str) -> Option<Claims> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    let signature = decode(signature)?;
    let is_signed = |key: &Value| is_signed_by(key, &header.alg, signed.as_bytes(), &signature) == Some(true);
    let is_named = |key: &&Value| header.kid.is_none() || key["kid"].as_str() == header.kid.as_deref();
    shared.client.jwks.iter().filter(is_named).any(is_signed).then_some(())?;
    serde_json::from_slice(&decode(claims)?).ok()
}

fn is_signed_by(jwk: &Value, alg: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
    let member = |name: &str| jwk[name].as_str().and_then(decode);
    Some(match alg {
        "ES256" => {
            let point = [&[4], &*member("x")?, &*member("y")?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
        }
        "PS256" | "RS256" => {
            let key = RsaPublicKeyComponents { n: member("n")?, e: member("e")? };
            let algorithm = if alg == "PS256" { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
            key.verify(algorithm, signed, signature).is_ok()
        }
        _ => false,
    })
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(part).ok()
}
