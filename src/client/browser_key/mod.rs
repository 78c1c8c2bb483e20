//! The browser key: what takes the place of a cookie.
//!
//! A P-256 key pair made by WebCrypto, whose private half can't be exported, not even by this app (RFC 9449 §11.4). It
//! rests in IndexedDB and signs a proof for every call that begins a login or uses a session. A login is bound to it from
//! its first step, by the thumbprint that names it.

mod crypto;
mod storage;

use std::{cell::RefCell, rc::Rc};

use dioxus::fullstack::RequestError;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::browser;
use crate::api::proof::ProofRequest;

pub use storage::{forget_ended_session, forget_session, keep_session, kept_session};

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Browsers offer WebCrypto only to pages that came over https, or from the machine itself.
    #[error("this page was not delivered securely")]
    InsecureContext,
    #[error("this browser has no WebCrypto with P-256")]
    NoWebCrypto,
    #[error("this browser keeps nothing for this page (IndexedDB)")]
    NoIndexedDb,
}

/// The key pair and its public half in the forms that proofs need.
struct BrowserKey {
    pair: JsValue,
    jwk: Jwk,
    thumbprint: String,
}

/// The public key as a JWK with the members that RFC 7638 §3.2 requires, in its order.
#[derive(Clone, Debug, Serialize)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

/// RFC 9449 §4.2
#[derive(Serialize)]
struct ProofHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a Jwk,
}

/// RFC 9449 §4.2
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

type Loading = Shared<LocalBoxFuture<'static, Result<Rc<BrowserKey>, KeyError>>>;

thread_local! {
    /// Loaded, or made, once per page.
    static KEY: RefCell<Option<Loading>> = const { RefCell::new(None) };
}

/// The name of the browser key (RFC 7638), to begin a login with.
pub async fn thumbprint() -> Result<String, KeyError> {
    Ok(key().await?.thumbprint.clone())
}

/// The signer of [`crate::api::proof`].
pub fn sign(request: ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>> {
    async move {
        let key = key().await.map_err(|error| RequestError::Builder(error.to_string()))?;
        key.proof(request).await.map_err(|error| RequestError::Builder(error.to_string()))
    }
    .boxed_local()
}

async fn key() -> Result<Rc<BrowserKey>, KeyError> {
    let loading =
        KEY.with_borrow_mut(|key| key.get_or_insert_with(|| BrowserKey::load().boxed_local().shared()).clone());
    let key = loading.await;
    if key.is_err() {
        // Whoever asks next asks again: the person may have allowed storage meanwhile.
        KEY.set(None);
    }
    key
}

impl BrowserKey {
    async fn load() -> Result<Rc<Self>, KeyError> {
        if !browser::is_secure_context() {
            return Err(KeyError::InsecureContext);
        }
        let pair = match storage::key_pair().await? {
            Some(pair) => pair,
            // Of two tabs that make one at the same time, the first to store it gives the key to both.
            None => storage::keep_key_pair(crypto::new_key_pair().await?).await?,
        };
        let jwk = crypto::public_jwk(&pair).await?;
        let canonical = serde_json::to_vec(&jwk).map_err(|_| KeyError::NoWebCrypto)?;
        let thumbprint = crypto::sha256(&canonical).await?;
        Ok(Rc::new(Self { pair, jwk, thumbprint }))
    }

    async fn proof(&self, request: ProofRequest) -> Result<String, KeyError> {
        let ath = match &request.access_token {
            Some(access_token) => Some(crypto::sha256(access_token.secret().as_bytes()).await?),
            None => None,
        };
        let header = ProofHeader { typ: "dpop+jwt", alg: "ES256", jwk: &self.jwk };
        let claims = ProofClaims {
            jti: browser::random_name(),
            htm: request.method.to_string(),
            htu: format!("{}{}", browser::origin(), request.path),
            iat: browser::unix_time(),
            ath,
            nonce: request.nonce,
        };
        let signed = format!("{}.{}", crypto::json_part(&header)?, crypto::json_part(&claims)?);
        let signature = crypto::sign(&self.pair, signed.as_bytes()).await?;
        Ok(format!("{signed}.{signature}"))
    }
}
