//! What can be found out about the provider without a person: for `oracle-ai doctor`.

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

/// What the provider's metadata says, as we use it.
#[derive(Clone, Debug)]
pub struct MetadataFindings {
    /// Endpoints by their member in the metadata, where there is one.
    pub endpoints: Vec<(&'static str, Option<String>)>,
    /// RFC 8414 §2: whether `S256` is among `code_challenge_methods_supported`; `None` where the metadata has no such
    /// member.
    pub s256: Option<bool>,
    /// How many keys there are.
    pub keys: usize,
    /// RFC 9207 §3
    pub promises_iss: bool,
}

/// How the provider's clock is off ours, by the `Date` of an answer, which has whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSkew {
    Ahead(Duration),
    Behind(Duration),
}

/// What the authorization endpoint did with a request like those of logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationFinding {
    /// A page, or a redirect on the way to one.
    Accepted,
    /// An error page, with this status: it sends nobody back to a redirect URI that it does not know (RFC 6749
    /// §4.1.2.1).
    RefusedByPage(u16),
    /// Back to us at once, with an `error`.
    RefusedByRedirect,
}

/// What the token endpoint did with our credentials and a code that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsFinding {
    /// It knows us, and refused the code.
    Accepted,
    /// It does not know us, in its words.
    Refused(String),
    /// It refused the code, but not as the specification has it.
    Unclear(String),
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
pub enum ExaminationError {
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
    pub async fn examine_metadata(&self) -> Result<MetadataFindings, ProviderError> {
        let known = self.discovery.known().await?;
        let (metadata, more) = (&known.metadata, known.metadata.additional_metadata());
        Ok(MetadataFindings {
            endpoints: vec![
                ("authorization_endpoint", Some(metadata.authorization_endpoint().to_string())),
                ("token_endpoint", metadata.token_endpoint().map(|url| url.to_string())),
                ("userinfo_endpoint", metadata.userinfo_endpoint().map(|url| url.to_string())),
                ("introspection_endpoint", more.introspection_endpoint().map(|url| url.to_string())),
            ],
            s256: more.supports_s256(),
            keys: metadata.jwks().keys().len(),
            promises_iss: more.promises_iss(),
        })
    }

    /// `None` where the provider's answers have no `Date`.
    pub async fn examine_clock(&self) -> Result<Option<ClockSkew>, ExaminationError> {
        let known = self.discovery.known().await?;
        let date = self.get(known.metadata.jwks_uri().as_str()).await?.date;
        Ok(date.map(|date| skew(date, self.environment.now())))
    }

    /// Begins a login that nobody finishes. With pushed requests, the provider has seen our credentials by then.
    pub async fn examine_authorization(&self) -> Result<AuthorizationFinding, ExaminationError> {
        let [state, nonce, verifier] = [self.random()?, self.random()?, self.random()?];
        let url = self.authorization_url(&State::new(state), &Nonce::new(nonce), &CodeVerifier::new(verifier)).await?;
        let answer = self.get(&url).await?;
        let back_here = answer.location.is_some_and(|to| to.starts_with(self.settings.redirect_uri.as_str()));
        Ok(match answer.status {
            status if status >= 400 => AuthorizationFinding::RefusedByPage(status),
            _ if back_here => AuthorizationFinding::RefusedByRedirect,
            _ => AuthorizationFinding::Accepted,
        })
    }

    /// RFC 6749 §5.2: whoever is not known is told `invalid_client`, whoever is, `invalid_grant`.
    pub async fn examine_credentials(&self) -> Result<CredentialsFinding, ExaminationError> {
        let code = AuthorizationCode::new(self.random()?);
        let answer = self.exchange_code(&code, &CodeVerifier::new(self.random()?), &Nonce::new(self.random()?)).await;
        match answer.map_err(|refused| refused.error) {
            Err(ExchangeError::Refused(words)) if words.contains("invalid_grant") => Ok(CredentialsFinding::Accepted),
            Err(ExchangeError::Refused(words) | ExchangeError::Unavailable(words))
                if words.contains("invalid_client") || words.contains("unauthorized_client") =>
            {
                Ok(CredentialsFinding::Refused(words))
            }
            Err(ExchangeError::Refused(words)) => Ok(CredentialsFinding::Unclear(words)),
            Err(error) => Err(ExaminationError::Unclear(error.to_string())),
            Ok(_) => Err(ExaminationError::Unclear("it gave tokens for a code that was made up".into())),
        }
    }

    async fn get(&self, url: &str) -> Result<Seen, ExaminationError> {
        let request = Request::builder().method(Method::GET).uri(url).body(vec![]);
        let request = request.map_err(|error| ExaminationError::Unclear(error.to_string()))?;
        let answer = self.http.at(ProviderEndpoint::Examined).call(request).await?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Seen {
            status: answer.status().as_u16(),
            date: header(header::DATE).and_then(|date| httpdate::parse_http_date(date).ok()),
            location: header(header::LOCATION).map(str::to_owned),
        })
    }

    fn random(&self) -> Result<String, RandomnessError> {
        self.environment.random_text()
    }
}

/// What matters of an answer.
struct Seen {
    status: u16,
    date: Option<SystemTime>,
    location: Option<String>,
}

fn skew(theirs: SystemTime, ours: SystemTime) -> ClockSkew {
    match theirs.duration_since(ours) {
        Ok(ahead) => ClockSkew::Ahead(ahead),
        Err(behind) => ClockSkew::Behind(behind.duration()),
    }
}
