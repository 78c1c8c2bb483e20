//! DPoP proofs (RFC 9449) on the requests of the browser.
//!
//! Dioxus sends an argument once, with the headers it has. A proof names the method and URL of one request, so it is made
//! here, where both are known, by a signer that the caller passes in. It contains a nonce of the server's (§8), which the
//! server renews with each response (§8.2). Where the server refuses a proof all the same, as after a long pause or a
//! restart, the refusal brings a nonce and the request is sent once more with a new proof.

use dioxus::fullstack::{
    ClientRequest, IntoRequest, RequestError,
    extract::{FromRequest, Request},
    http::Method,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    fetch::{Reply, fetch, path_and_query},
    json::Body,
};
use crate::wire::{auth::AccessToken, error::ApiError};

/// The key of the latest nonce in local storage. All tabs share it, as they share the DPoP key it is good for, and it
/// survives the redirect to the provider. It is no secret: without the DPoP key it is worth nothing.
const NONCE: &str = "dpop_nonce";

/// What a proof is made for.
#[derive(Clone, Debug)]
pub struct ProofRequest {
    pub method: Method,
    /// Without query; the signer puts the origin before it.
    pub path: String,
    /// Sent with the proof, which contains its hash (`ath`).
    pub access_token: Option<AccessToken>,
    pub nonce: Option<String>,
}

/// Makes proofs with the DPoP key.
pub type ProofSigner = fn(ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>>;

/// The argument of an endpoint that wants a proof and no access token. On the server the proof has been verified before
/// this type is made, so it holds the body alone.
pub struct Proven<T> {
    signer: Option<ProofSigner>,
    needs_nonce: bool,
    keepalive: bool,
    body: T,
}

impl<T> Proven<T> {
    pub fn new(signer: ProofSigner, body: T) -> Self {
        Self { signer: Some(signer), needs_nonce: true, keepalive: false, body }
    }

    /// Sends the request even when the page is closed meanwhile.
    pub fn keepalive(self) -> Self {
        Self { keepalive: true, ..self }
    }

    /// For the request that needs no nonce: its response brings the first one of a key.
    pub fn first(signer: ProofSigner, body: T) -> Self {
        Self { needs_nonce: false, ..Self::new(signer, body) }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize + 'static> IntoRequest<Reply> for Proven<T> {
    fn into_request(self, request: ClientRequest) -> impl Future<Output = Result<Reply, RequestError>> {
        let nonce = if self.needs_nonce { stored_nonce() } else { None };
        send(request, self.signer, None, nonce, serde_json::to_string(&self.body), self.keepalive)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Proven<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self { signer: None, needs_nonce: true, keepalive: false, body })
    }
}

/// Sends a JSON body with a proof, and once more with a new proof where the server refuses the first. Not generic, so that
/// it is compiled once for all endpoints: every visitor downloads it.
pub(super) fn send(
    request: ClientRequest,
    signer: Option<ProofSigner>,
    access_token: Option<AccessToken>,
    nonce: Option<String>,
    body: serde_json::Result<String>,
    keepalive: bool,
) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
    async move {
        let signer = signer.ok_or_else(|| RequestError::Builder("this request was not made in a browser".into()))?;
        let body = body.map_err(|error| RequestError::Serialization(error.to_string()))?;
        let body = (request.method != Method::GET).then_some(body);
        let call = Call { url: path_and_query(&request.url), body, signer, keepalive };
        let path = request.url.path().to_owned();
        let mut proof = ProofRequest { method: request.method, path, access_token, nonce };
        let reply = call.send(&proof).await?;
        let nonce = store_nonce(&reply);
        if !refuses_the_proof(&reply) {
            return Ok(reply);
        }
        proof.nonce = nonce.or(proof.nonce);
        let reply = call.send(&proof).await?;
        store_nonce(&reply);
        Ok(reply)
    }
    .boxed_local()
}

/// Whether a new proof may be accepted: the first one lacked a good nonce (RFC 9449 §8), or came too late or twice, as when
/// a proxy repeats a request at the next server (§7.1, §11.1).
fn refuses_the_proof(reply: &Reply) -> bool {
    let challenge = reply.header("WWW-Authenticate").unwrap_or_default();
    reply.status() == 401 && ["use_dpop_nonce", "invalid_dpop_proof"].iter().any(|error| challenge.contains(error))
}

/// `None` where there was none yet, or the browser stores nothing: then the first refusal brings one.
pub(super) fn stored_nonce() -> Option<String> {
    storage()?.get_item(NONCE).ok()?
}

/// Stores the nonce of a response of any status (RFC 9449 §8.2).
fn store_nonce(reply: &Reply) -> Option<String> {
    let nonce = reply.header("DPoP-Nonce")?;
    if let Some(storage) = storage() {
        // Where this fails, the next request costs one refusal.
        let _ = storage.set_item(NONCE, &nonce);
    }
    Some(nonce)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// A request that can be sent twice.
struct Call {
    url: String,
    body: Option<String>,
    signer: ProofSigner,
    keepalive: bool,
}

impl Call {
    async fn send(&self, proof: &ProofRequest) -> Result<Reply, RequestError> {
        let signed = (self.signer)(proof.clone()).await?;
        // RFC 9449 §7.1
        let authorization = proof.access_token.as_ref().map(|token| ["DPoP ", token.secret()].concat());
        let mut headers = vec![("DPoP", signed.as_str())];
        headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
        fetch(&proof.method, &self.url, &headers, self.body.as_deref(), self.keepalive).await
    }
}
