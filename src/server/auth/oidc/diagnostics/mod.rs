//! Checks of the provider that need no person to sign in, for `oracle-ai doctor`.
//!
//! | file | holds |
//! |---|---|
//! | `metadata` | what the metadata names, and what is missing |
//! | `authorization` | an authorization request like that of a login, and the same with something wrong in it |
//! | `fapi` | what the metadata says about the requirements of FAPI 2.0 |
//! | `client` | token, introspection and revocation requests with made-up codes and tokens |
//! | `answer` | what such answers mean: a table of the error codes of real providers |
//!
//! An answer that refuses nothing proves little, as many providers check late. So a check sends the same request once more
//! with one value made up: where that one is refused, the value of the configuration was checked, too.

mod answer;
mod authorization;
mod client;
mod fapi;
mod metadata;

use std::time::{Duration, SystemTime};

use openidconnect::{
    AsyncHttpClient, HttpResponse,
    http::{HeaderName, Method, Request, header},
};
use url::Url;

use super::{client::OidcClient, error::ProviderError, http::HttpError};
use crate::server::{environment::RandomnessError, excerpt::Excerpt, observe::metrics::ProviderEndpoint};

pub use answer::ClientAnswer;
pub use authorization::{AuthorizationAnswer, AuthorizationProbe};
pub use client::{IntrospectionAnswer, Request as ClientRequest};
pub use fapi::{FapiReport, Named};
pub use metadata::{DpopReport, EndpointReport, MetadataReport, PushedRequests, SigningReport};

/// The difference of the provider's clock to this machine's, by the `Date` header of a response, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSkew {
    Ahead(Duration),
    Behind(Duration),
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosticError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("no answer: {0}")]
    Http(#[from] HttpError),
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error("{0}")]
    Unusable(String),
}

impl OidcClient {
    /// `None` if the provider's responses have no `Date` header.
    pub async fn check_clock(&self) -> Result<Option<ClockSkew>, DiagnosticError> {
        let fetched = self.discovery.current().await?;
        let response = self.get(fetched.metadata.jwks_uri().url()).await?;
        let date = header_of(&response, header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
        Ok(date.map(|date| skew(date, self.environment.now())))
    }

    async fn get(&self, url: &Url) -> Result<HttpResponse, DiagnosticError> {
        let request = Request::builder().method(Method::GET).uri(url.as_str()).body(vec![]);
        let request = request.map_err(|error| DiagnosticError::Unusable(error.to_string()))?;
        Ok(self.http.at(ProviderEndpoint::Diagnostics).call(request).await?)
    }

    fn random(&self) -> Result<String, RandomnessError> {
        self.environment.random_text()
    }
}

fn header_of(response: &HttpResponse, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The code and the description of an error, as they are printed.
fn error_words(code: &str, description: Option<&str>, excerpt: impl Fn(&str) -> Excerpt) -> String {
    match description.filter(|description| !description.trim().is_empty()) {
        Some(description) => format!("`{}`: {}", excerpt(code), excerpt(description)),
        None => format!("`{}`", excerpt(code)),
    }
}

fn skew(provider: SystemTime, local: SystemTime) -> ClockSkew {
    match provider.duration_since(local) {
        Ok(ahead) => ClockSkew::Ahead(ahead),
        Err(behind) => ClockSkew::Behind(behind.duration()),
    }
}
