//! A key pair with its public key, and the DPoP proofs it signs (RFC 9449 §4.2).

use std::rc::Rc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use super::error::KeyError;
use crate::{
    api::ProofRequest,
    client::platform::{
        clock,
        crypto::{self, Jwk, KeyPair},
        location,
    },
};

pub struct DpopKey {
    pub pair: KeyPair,
    /// RFC 7638; the `dpop_jkt` of a login (RFC 9449 §10).
    pub thumbprint: String,
    jwk: Jwk,
}

#[derive(Serialize)]
struct ProofHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a Jwk,
}

#[derive(Serialize)]
struct ProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl DpopKey {
    pub async fn new(pair: KeyPair) -> Result<Rc<Self>, KeyError> {
        let jwk = pair.public_jwk().await?;
        let canonical = serde_json::to_vec(&jwk).map_err(|_| KeyError::NoWebCrypto)?;
        let thumbprint = crypto::sha256(&canonical).await?;
        Ok(Rc::new(Self { pair, thumbprint, jwk }))
    }

    pub async fn proof(&self, request: ProofRequest) -> Result<String, KeyError> {
        let ath = match &request.access_token {
            Some(access_token) => Some(crypto::sha256(access_token.secret().as_bytes()).await?),
            None => None,
        };
        let header = ProofHeader { typ: "dpop+jwt", alg: "ES256", jwk: &self.jwk };
        let claims = ProofClaims {
            jti: crypto::random_uuid(),
            htm: request.method.to_string(),
            htu: format!("{}{}", location::origin(), request.path),
            iat: clock::unix_time(),
            ath,
            nonce: request.nonce,
        };
        let signed = format!("{}.{}", jws_part(&header)?, jws_part(&claims)?);
        let signature = self.pair.sign(signed.as_bytes()).await?;
        Ok(format!("{signed}.{signature}"))
    }
}

/// One part of a compact JWS (RFC 7515 §7.1).
fn jws_part<T: Serialize>(part: &T) -> Result<String, KeyError> {
    let json = serde_json::to_vec(part).map_err(|_| KeyError::NoWebCrypto)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}
