//! Checks of the provider that need no person to sign in, for `oracle-ai doctor`.

use std::time::{Duration, SystemTime};

use openidconnect::{
    AsyncHttpClient,
    http::{Method, Request, header},
};

use super::{
    client::OidcClient,
    error::{ExchangeError, ProviderError},
    http::HttpError,
    values::{CodeVerifier, Nonce},
};
use crate::{
    server::{environment::RandomnessError, observe::metrics::ProviderEndpoint},
    wire::auth::{AuthorizationCode, State},
};

/// The parts of the provider's metadata that this client uses.
#[derive(Clone, Debug)]
pub struct MetadataReport {
    /// The URL of each endpoint, by its name in the metadata.
    pub endpoints: Vec<(&'static str, Option<String>)>,
    /// Whether `code_challenge_methods_supported` has `S256`; `None` if it is absent (RFC 8414 §2).
    pub s256: Option<bool>,
    /// The number of usable keys.
    pub keys: usize,
    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
    pub announces_iss: bool,
}

/// The difference of the provider's clock to this machine's, by the `Date` header of a response, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSkew {
    Ahead(Duration),
    Behind(Duration),
}

/// The outcome of an authorization request like that of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationCheck {
    /// A page, or a redirect to one.
    Accepted,
    /// An error page with this status: the provider does not redirect to an unregistered redirect URI (RFC 6749
    /// §4.1.2.1).
    RefusedByPage(u16),
    /// An immediate redirect to the redirect URI, with an `error`.
    RefusedByRedirect,
}

/// The outcome of a token request with the client's credentials and an invalid code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsCheck {
    /// The credentials were accepted, and the code refused.
    Accepted,
    /// The credentials were refused; the provider's error.
    Refused(String),
    /// The code was refused, but not with `invalid_grant`.
    Unclear(String),
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
    Unclear(String),
}

impl OidcClient {
    pub async fn metadata_report(&self) -> Result<MetadataReport, ProviderError> {
        let fetched = self.discovery.current().await?;
        let (metadata, more) = (&fetched.metadata, fetched.metadata.additional_metadata());
        Ok(MetadataReport {
            endpoints: vec![
                ("authorization_endpoint", Some(metadata.authorization_endpoint().to_string())),
                ("token_endpoint", metadata.token_endpoint().map(|url| url.to_string())),
                ("userinfo_endpoint", metadata.userinfo_endpoint().map(|url| url.to_string())),
                ("introspection_endpoint", more.introspection_endpoint().map(|url| url.to_string())),
            ],
            s256: more.supports_s256(),
            keys: metadata.jwks().keys().len(),
            announces_iss: more.announces_iss(),
        })
    }

    /// `None` if the provider's responses have no `Date` header.
    pub async fn check_clock(&self) -> Result<Option<ClockSkew>, DiagnosticError> {
        let fetched = self.discovery.current().await?;
        let date = self.get(fetched.metadata.jwks_uri().as_str()).await?.date;
        Ok(date.map(|date| skew(date, self.environment.now())))
    }

    /// Begins a login that is not finished. A pushed authorization request also checks the credentials.
    pub async fn check_authorization(&self) -> Result<AuthorizationCheck, DiagnosticError> {
        let [state, nonce, verifier] = [self.random()?, self.random()?, self.random()?];
        let url = self.authorization_url(&State::new(state), &Nonce::new(nonce), &CodeVerifier::new(verifier)).await?;
        let answer = self.get(&url).await?;
        let is_redirected_here = answer.location.is_some_and(|to| to.starts_with(self.settings.redirect_uri.as_str()));
        Ok(match answer.status {
            status if status >= 400 => AuthorizationCheck::RefusedByPage(status),
            _ if is_redirected_here => AuthorizationCheck::RefusedByRedirect,
            _ => AuthorizationCheck::Accepted,
        })
    }

    /// RFC 6749 §5.2: wrong credentials cause `invalid_client`, valid credentials with a wrong code `invalid_grant`.
    pub async fn check_credentials(&self) -> Result<CredentialsCheck, DiagnosticError> {
        let code = AuthorizationCode::new(self.random()?);
        let answer = self.exchange_code(&code, &CodeVerifier::new(self.random()?), &Nonce::new(self.random()?)).await;
        match answer.map_err(|refused| refused.error) {
            Err(ExchangeError::Refused(text)) if text.contains("invalid_grant") => Ok(CredentialsCheck::Accepted),
            Err(ExchangeError::ClientRefused(text)) => Ok(CredentialsCheck::Refused(text)),
            Err(ExchangeError::Refused(text)) => Ok(CredentialsCheck::Unclear(text)),
            Err(error) => Err(DiagnosticError::Unclear(error.to_string())),
            Ok(_) => Err(DiagnosticError::Unclear("it gave tokens for a code that was made up".into())),
        }
    }

    async fn get(&self, url: &str) -> Result<Response, DiagnosticError> {
        let request = Request::builder().method(Method::GET).uri(url).body(vec![]);
        let request = request.map_err(|error| DiagnosticError::Unclear(error.to_string()))?;
        let answer = self.http.at(ProviderEndpoint::Diagnostics).call(request).await?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Response {
            status: answer.status().as_u16(),
            date: header(header::DATE).and_then(|date| httpdate::parse_http_date(date).ok()),
            location: header(header::LOCATION).map(str::to_owned),
        })
    }

    fn random(&self) -> Result<String, RandomnessError> {
        self.environment.random_text()
    }
}

/// The parts of a response that the checks use.
struct Response {
    status: u16,
    date: Option<SystemTime>,
    location: Option<String>,
}

fn skew(provider: SystemTime, local: SystemTime) -> ClockSkew {
    match provider.duration_since(local) {
        Ok(ahead) => ClockSkew::Ahead(ahead),
        Err(behind) => ClockSkew::Behind(behind.duration()),
    }
}
