//! How a call proves that it comes from the browser whose key the session is bound to (RFC 9449).
//!
//! The proof names method and path of the one request it is made for, so it is made here, where both are known, by a
//! signer that the caller hands in. The server wants a nonce of its own in it (RFC 9449 §8), and sends the next one with
//! each answer (§8.2): a page in use always has a good one. Where it is refused all the same, as after a while in which
//! nobody used the page, or after the key has changed, the refusal brings the nonce with which the request is made once
//! more. A proof that is refused for another reason is made anew once, too.

use dioxus::fullstack::{
    ClientRequest, IntoRequest, RequestError,
    extract::{FromRequest, Request},
    http::Method,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    fetch::{Reply, fetch},
    json::Body,
};
use crate::{
    api::door::{self, Sent},
    wire::{auth::AccessToken, error::ApiError},
};

/// Under this name, local storage has the server's latest nonce. All tabs share it, as they share the key that it is good
/// for, and it outlasts the way to the provider and back. It is no secret: without the key it is worth nothing.
const NONCE: &str = "dpop_nonce";

/// What a proof is made for.
#[derive(Clone, Debug)]
pub struct ProofRequest {
    pub method: Method,
    /// Without query; the signer puts the origin before it.
    pub path: String,
    /// Goes along, and is bound by its hash (`ath`).
    pub access_token: Option<AccessToken>,
    pub nonce: Option<String>,
}

/// Makes proofs with the browser key.
pub type ProofSigner = fn(ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>>;

/// The argument of a session door: a body, sent with a proof. On the server the proof has been checked before this
/// type is made (see [`crate::api::auth`]), so that only the body is left in it.
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

    /// To be sent even where the page is closed meanwhile.
    pub fn keepalive(self) -> Self {
        Self { keepalive: true, ..self }
    }

    /// For the call that needs no nonce: it brings the first of a key, and is not refused for an old one.
    pub fn first(signer: ProofSigner, body: T) -> Self {
        Self { needs_nonce: false, ..Self::new(signer, body) }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize> Sent for Proven<T> {
    fn send(self, to: door::Request) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
        let nonce = if self.needs_nonce { kept_nonce() } else { None };
        send(to, self.signer, None, nonce, serde_json::to_string(&self.body), self.keepalive)
    }
}

impl<T: Serialize + 'static> IntoRequest<Reply> for Proven<T> {
    fn into_request(self, request: ClientRequest) -> impl Future<Output = Result<Reply, RequestError>> {
        self.send(request.into())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Proven<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self { signer: None, needs_nonce: true, keepalive: false, body })
    }
}

/// Sends a JSON body with a proof, and once more with a new one where the first is refused. The same for all doors, so
/// it is not made anew for each: every visitor downloads what is.
pub(super) fn send(
    to: door::Request,
    signer: Option<ProofSigner>,
    access_token: Option<AccessToken>,
    nonce: Option<String>,
    body: serde_json::Result<String>,
    keepalive: bool,
) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
    async move {
        let signer = signer.ok_or_else(|| RequestError::Builder("this call was not made in a browser".into()))?;
        let body = body.map_err(|error| RequestError::Serialization(error.to_string()))?;
        let mut proof = ProofRequest { method: to.method, path: to.path, access_token, nonce };
        let body = (proof.method != Method::GET).then_some(body);
        let call = Call { url: to.url, body, signer, keepalive };
        let reply = call.send(&proof).await?;
        let nonce = keep_nonce(&reply);
        if !is_for_its_proof(&reply) {
            return Ok(reply);
        }
        proof.nonce = nonce.or(proof.nonce);
        let reply = call.send(&proof).await?;
        keep_nonce(&reply);
        Ok(reply)
    }
    .boxed_local()
}

/// A refusal for which a new proof may be accepted: the first lacked a good nonce (RFC 9449 §8), or came too late, or
/// twice, as when a proxy asks the next server what the first left unanswered (§7.1, §11.1).
fn is_for_its_proof(reply: &Reply) -> bool {
    let challenge = reply.header("WWW-Authenticate").unwrap_or_default();
    reply.status() == 401 && ["use_dpop_nonce", "invalid_dpop_proof"].iter().any(|error| challenge.contains(error))
}

/// `None` where there was none yet, or the browser keeps nothing: then the server's first refusal brings one.
pub(super) fn kept_nonce() -> Option<String> {
    storage()?.get_item(NONCE).ok()?
}

/// Keeps the nonce that came with an answer, of whatever status (RFC 9449 §8.2), for the calls to come.
fn keep_nonce(reply: &Reply) -> Option<String> {
    let nonce = reply.header("DPoP-Nonce")?;
    if let Some(storage) = storage() {
        // What can't be kept costs the next call a refusal.
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
