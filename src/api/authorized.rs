//! The argument of a guarded door.
//!
//! In the browser it carries the access token into the `Authorization` header, and nowhere else: not into a URL, nor
//! into a process-wide default. On the server the guard has judged that header before this type is made (see
//! [`crate::api::chat`]), so that only the body is left in it. A proof of the browser key will travel here too.

use dioxus::fullstack::{
    ClientRequest, ClientResponse, IntoRequest, RequestError,
    extract::{FromRequest, Request},
    http::{HeaderValue, header},
};
use serde::{Serialize, de::DeserializeOwned};

use super::payload::Body;
use crate::wire::{auth::AccessToken, error::ApiError};

pub struct Authorized<T> {
    access_token: Option<AccessToken>,
    body: T,
}

impl<T> Authorized<T> {
    /// A call to be made with this access token.
    pub fn new(access_token: AccessToken, body: T) -> Self {
        Self { access_token: Some(access_token), body }
    }

    /// What the caller sent.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T: Serialize + 'static> IntoRequest for Authorized<T> {
    async fn into_request(self, mut request: ClientRequest) -> Result<ClientResponse, RequestError> {
        if let Some(access_token) = self.access_token {
            // RFC 6750 §2.1
            let mut value = HeaderValue::try_from(format!("Bearer {}", access_token.secret()))
                .map_err(|_| RequestError::Builder("the access token has characters no header can carry".into()))?;
            value.set_sensitive(true);
            request.headers.insert(header::AUTHORIZATION, value);
        }
        Body(self.body).into_request(request).await
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Authorized<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self { access_token: None, body })
    }
}
