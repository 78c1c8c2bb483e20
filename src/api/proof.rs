//! How a call proves that it comes from the browser whose key the session is bound to (RFC 9449).
//!
//! The proof names method and path of the one request it is made for, so it is made here, where both are known, by a
//! signer that the caller hands in. A server that wants its nonce in the proof (RFC 9449 §8), because the browser's
//! clock is wrong, says so in a 401 with `DPoP-Nonce`; the request is then made once more, and later proofs have the
//! nonce from the start (§8.2): a wrong clock costs one request now and then, not one per call. A proof that is refused
//! for another reason is made anew once, too.

use std::cell::RefCell;

use dioxus::fullstack::{
    ClientRequest, IntoRequest, RequestError,
    extract::{FromRequest, Request},
    http::Method,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    door::{self, Sent},
    fetch::{Reply, fetch},
    payload::Body,
};
use crate::wire::{auth::AccessToken, error::ApiError};

thread_local! {
    /// The server's latest nonce, for as long as the page is there.
    static NONCE: RefCell<Option<String>> = const { RefCell::new(None) };
}

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
    keepalive: bool,
    body: T,
}

impl<T> Proven<T> {
    pub fn new(signer: ProofSigner, body: T) -> Self {
        Self { signer: Some(signer), keepalive: false, body }
    }

    /// To be sent even where the page is closed meanwhile.
    pub fn keepalive(self) -> Self {
        Self { keepalive: true, ..self }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize> Sent for Proven<T> {
    fn send(self, to: door::Request) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
        send(to, self.signer, None, serde_json::to_string(&self.body), self.keepalive)
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
        Ok(Self { signer: None, keepalive: false, body })
    }
}

/// Sends a JSON body with a proof, and once more with a new one where the first is refused. The same for all doors, so
/// it is not made anew for each: every visitor downloads what is.
pub(super) fn send(
    to: door::Request,
    signer: Option<ProofSigner>,
    access_token: Option<AccessToken>,
    body: serde_json::Result<String>,
    keepalive: bool,
) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
    async move {
        let signer = signer.ok_or_else(|| RequestError::Builder("this call was not made in a browser".into()))?;
        let body = body.map_err(|error| RequestError::Serialization(error.to_string()))?;
        let mut proof =
            ProofRequest { method: to.method, path: to.path, access_token, nonce: NONCE.with_borrow(Option::clone) };
        let body = (proof.method != Method::GET).then_some(body);
        let call = Call { url: to.url, body, signer, keepalive };
        let reply = call.send(&proof).await?;
        let nonce = kept_nonce(&reply);
        let is_for_its_proof = nonce.is_some() || names_the_proof(&reply);
        if reply.status() != 401 || !is_for_its_proof {
            return Ok(reply);
        }
        proof.nonce = nonce.or(proof.nonce);
        let reply = call.send(&proof).await?;
        kept_nonce(&reply);
        Ok(reply)
    }
    .boxed_local()
}

/// A refusal for which a new proof may be taken: the first came too late, or twice, as when a proxy asks the next server
/// what the first left unanswered (RFC 9449 §7.1, §11.1).
fn names_the_proof(reply: &Reply) -> bool {
    reply.header("WWW-Authenticate").is_some_and(|challenge| challenge.contains("invalid_dpop_proof"))
}

/// The nonce that came with an answer, of whatever status (RFC 9449 §8.2), kept for the calls to come.
fn kept_nonce(reply: &Reply) -> Option<String> {
    let nonce = reply.header("DPoP-Nonce")?;
    NONCE.set(Some(nonce.clone()));
    Some(nonce)
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
