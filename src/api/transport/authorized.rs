//! The argument of a guarded door.
//!
//! In the browser it carries the access token into the `Authorization` header, and nowhere else: not into a URL, nor
//! into a process-wide default; a proof of the browser key goes along (RFC 9449 §7.1). On the server the guard has
//! judged both before this type is made (see [`crate::api::chat`]), so that only the body is left in it.

use dioxus::fullstack::{
    ClientRequest, IntoRequest, RequestError,
    extract::{FromRequest, Request},
};
use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    dpop::{self, ProofSigner},
    fetch::Reply,
    json::Body,
};
use crate::{
    api::door::{self, Sent},
    wire::{auth::AccessToken, error::ApiError},
};

pub struct Authorized<T> {
    access_token: Option<AccessToken>,
    signer: Option<ProofSigner>,
    body: T,
}

impl<T> Authorized<T> {
    /// A call to be made with this access token.
    pub fn new(access_token: AccessToken, signer: ProofSigner, body: T) -> Self {
        Self { access_token: Some(access_token), signer: Some(signer), body }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize> Sent for Authorized<T> {
    fn send(self, to: door::Request) -> LocalBoxFuture<'static, Result<Reply, RequestError>> {
        dpop::send(to, self.signer, self.access_token, dpop::kept_nonce(), serde_json::to_string(&self.body), false)
    }
}

impl<T: Serialize + 'static> IntoRequest<Reply> for Authorized<T> {
    fn into_request(self, request: ClientRequest) -> impl Future<Output = Result<Reply, RequestError>> {
        self.send(request.into())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Authorized<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self { access_token: None, signer: None, body })
    }
}
