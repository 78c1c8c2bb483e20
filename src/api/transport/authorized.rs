//! The argument of an endpoint that wants an access token.
//!
//! Dioxus can add request headers only for the whole process (`set_request_headers`). This type puts the access token into
//! the `Authorization` header of one request, with a DPoP proof (RFC 9449 §7.1). On the server the guard has verified both
//! before this type is made, so it holds the body alone.

use dioxus::fullstack::{
    ClientRequest, IntoRequest, RequestError,
    extract::{FromRequest, Request},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    dpop::{self, ProofSigner},
    fetch::Reply,
    json::Body,
};
use crate::wire::{auth::AccessToken, error::ApiError};

pub struct Authorized<T> {
    access_token: Option<AccessToken>,
    signer: Option<ProofSigner>,
    body: T,
}

impl<T> Authorized<T> {
    /// A request with this access token.
    pub fn new(access_token: AccessToken, signer: ProofSigner, body: T) -> Self {
        Self { access_token: Some(access_token), signer: Some(signer), body }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize + 'static> IntoRequest<Reply> for Authorized<T> {
    fn into_request(self, request: ClientRequest) -> impl Future<Output = Result<Reply, RequestError>> {
        let body = serde_json::to_string(&self.body);
        dpop::send(request, self.signer, self.access_token, dpop::stored_nonce(), body, false)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Authorized<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self { access_token: None, signer: None, body })
    }
}
