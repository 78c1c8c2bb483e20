//! The HTTP client for requests to the provider.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{HeaderMap, Response, StatusCode, header::CONTENT_TYPE},
};
use tracing::Instrument;

use super::{
    client::OidcClient,
    client_authentication::RequestCredentials,
    dpop::{RequestProofs, demands_nonce},
    error_response::{ErrorResponse, Meaning},
    settings::{ProviderSettings, RequestSettings},
};
use crate::server::{
    auth::dpop::ProofKeyError,
    certificates::TlsSettings,
    excerpt::{Excerpt, excerpt},
    observe::{
        metrics::{self, ProviderEndpoint, ProviderOutcome},
        traces,
    },
    outbound::{self, ClientSettings, HttpSetupError, OutboundProxy, cause, is_https_or_loopback},
    tls,
};

/// The maximum size of a response. Larger ones are refused.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The shared HTTP client for the provider.
#[derive(Clone)]
pub struct ProviderHttp {
    client: reqwest::Client,
}

/// The client for one kind of endpoint, with metrics and traces.
pub(super) struct EndpointHttp {
    http: ProviderHttp,
    endpoint: ProviderEndpoint,
}

/// The client for one authenticated request, to the token endpoint or a similar one. It adds the client's credentials and
/// a DPoP proof, if it has a key for one, and stores what `openidconnect` does not return: the response's status, and the error response as providers really send it.
pub(super) struct ClientHttp<'c> {
    http: EndpointHttp,
    credentials: RequestCredentials,
    proofs: Option<RequestProofs<'c>>,
    /// Makes credentials again, to repeat the request.
    oidc: &'c OidcClient,
    repeated: OnceLock<RequestCredentials>,
    status: AtomicU16,
    error_response: OnceLock<ErrorResponse>,
    /// The request without credentials.
    request: OnceLock<HttpRequest>,
}

/// There was no response from the provider, or it was too large.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    NoAnswer(String),
    #[error("the answer is larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
    /// The last line of defence, as metadata with such an endpoint is refused.
    #[error("it is not https, and not on loopback")]
    Unencrypted,
    #[error(transparent)]
    Proof(#[from] ProofKeyError),
}

impl ProviderHttp {
    pub fn new() -> Result<Self, HttpSetupError> {
        Self::with_timeout(RequestSettings::MAX_TIMEOUT)
    }

    /// For this provider: with the configured time limit and authorities, and only for https, unless the provider is on loopback.
    pub fn for_provider(settings: &ProviderSettings, proxy: OutboundProxy) -> Result<Self, HttpSetupError> {
        let settings = ClientSettings {
            total: Some(settings.requests.timeout),
            tls: TlsSettings { authorities: settings.authorities.clone(), client_certificate: None },
            https_only: !settings.is_on_loopback(),
            proxy,
            ..ClientSettings::default()
        };
        Ok(Self { client: outbound::client(&settings)? })
    }

    /// With this timeout for a whole request and response.
    pub fn with_timeout(total: Duration) -> Result<Self, HttpSetupError> {
        Ok(Self { client: outbound::client(&ClientSettings { total: Some(total), ..ClientSettings::default() })? })
    }

    pub(super) fn at(&self, endpoint: ProviderEndpoint) -> EndpointHttp {
        EndpointHttp { http: self.clone(), endpoint }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(no_answer)?;
        if !is_https_or_loopback(request.url()) {
            return Err(HttpError::Unencrypted);
        }
        let mut answer = self.client.execute(request).await.map_err(no_answer)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        // Some providers send JSON with another content type, which `openidconnect` would reject. Only signed userinfo
        // responses are recognised by their type (OpenID Connect Core §5.3.2).
        if !is_jwt(response.headers()) {
            response.headers_mut().remove(CONTENT_TYPE);
        }
        Ok(response)
    }
}

impl EndpointHttp {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let sent_at = Instant::now();
        let span = traces::provider_call(self.endpoint);
        let answer = async {
            traces::inject_context(request.headers_mut());
            self.http.send(request).await
        }
        .instrument(span.clone())
        .await;
        match &answer {
            Ok(response) => traces::answered(&span, response.status().as_u16()),
            Err(_) => traces::failed(&span),
        }
        let outcome = answer.as_ref().map_or(ProviderOutcome::NoAnswer, outcome);
        metrics::provider_call(self.endpoint, outcome, sent_at.elapsed());
        answer
    }
}

impl<'c> ClientHttp<'c> {
    pub(super) fn new(
        http: EndpointHttp,
        credentials: RequestCredentials,
        proofs: Option<RequestProofs<'c>>,
        oidc: &'c OidcClient,
    ) -> Self {
        Self {
            http,
            credentials,
            proofs,
            oidc,
            repeated: OnceLock::new(),
            status: AtomicU16::new(0),
            error_response: OnceLock::new(),
            request: OnceLock::new(),
        }
    }

    /// An excerpt of the response for the log, without any secrets that the request contained.
    pub(super) fn excerpt(&self, text: &str) -> Excerpt {
        let credentials = [Some(&self.credentials), self.repeated.get()].into_iter().flatten();
        let sent: Vec<String> = match self.request.get() {
            Some(request) => credentials.flat_map(|credentials| credentials.secrets(request)).collect(),
            None => vec![],
        };
        excerpt(text).without(sent.iter().map(String::as_str))
    }

    /// The response's status, or 0 without a response.
    pub(super) fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    /// The response, if it is an error.
    pub(super) fn error_response(&self) -> Option<&ErrorResponse> {
        self.error_response.get()
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = self.send_with_nonce(&request).await?;
        _ = self.request.set(request);
        self.status.store(response.status().as_u16(), Ordering::Relaxed);
        // These endpoints never return a JWT, so the content type is ignored.
        response.headers_mut().remove(CONTENT_TYPE);
        if let Some(error) = ErrorResponse::of(&response) {
            // `openidconnect` takes no response with status 200 for an error.
            if response.status().is_success() {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
            _ = self.error_response.set(error);
        }
        Ok(response)
    }

    /// Repeats the request once if the provider demands a proof with its nonce (RFC 9449 §8). It has refused the request
    /// then, so a code is not consumed; but a client assertion may be, as it is accepted once.
    async fn send_with_nonce(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.send_with_credentials(request, &self.credentials).await?;
        if self.proofs.is_none() || !demands_nonce(&response) {
            return Ok(response);
        }
        let again = self.oidc.request_credentials().await.map_err(|error| HttpError::NoAnswer(error.to_string()))?;
        self.send_with_credentials(request, self.repeated.get_or_init(|| again)).await
    }

    /// Tries each credential, as during a rotation the provider may know only one of them. It refuses a wrong one before
    /// it processes the request (RFC 6749 §5.2), so a code is not consumed.
    async fn send_with_credentials(
        &self,
        request: &HttpRequest,
        credentials: &RequestCredentials,
    ) -> Result<HttpResponse, HttpError> {
        let mut remaining = credentials.in_order();
        loop {
            let Some((index, credential)) = remaining.next() else {
                return Err(HttpError::NoAnswer("no credentials".into()));
            };
            let mut attempt = request.clone();
            credential.add_to(&mut attempt);
            if let Some(proofs) = &self.proofs {
                proofs.add_to(&mut attempt, None)?;
            }
            let response = self.http.send(attempt).await?;
            if let Some(proofs) = &self.proofs {
                proofs.store_nonce(request.uri(), &response);
            }
            let refuses_client = ErrorResponse::of(&response).is_some_and(|error| error.may_be_about_credentials());
            match (refuses_client, remaining.len()) {
                (true, 0) => return Ok(response),
                (true, _) => tracing::warn!("the provider refused our first credentials; the others are tried"),
                (false, _) => {
                    credentials.set_accepted(*index);
                    return Ok(response);
                }
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for EndpointHttp {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

impl<'c> AsyncHttpClient<'c> for ClientHttp<'_> {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

/// For the metrics.
fn outcome(response: &HttpResponse) -> ProviderOutcome {
    match ErrorResponse::of(response).map(|error| error.meaning()) {
        _ if response.status().is_server_error() => ProviderOutcome::Failed,
        // The request is repeated.
        _ if demands_nonce(response) => ProviderOutcome::Refused,
        Some(Meaning::ClientRefused) => ProviderOutcome::ClientRefused,
        Some(Meaning::Refused | Meaning::Unavailable) => ProviderOutcome::Refused,
        None => ProviderOutcome::Answered,
    }
}

/// Whether the response is declared as a JWT.
pub(super) fn is_jwt(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/jwt")
}

fn no_answer(error: reqwest::Error) -> HttpError {
    tls::record_failure("the provider", &error);
    HttpError::NoAnswer(cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_this_client_is_counted_apart_from_other_refusals_and_from_failures() {
        let counted = |status, body: &str| {
            let mut response = HttpResponse::new(body.into());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            outcome(&response)
        };
        assert_eq!(counted(200, r#"{"access_token":"a"}"#), ProviderOutcome::Answered);
        assert_eq!(counted(302, ""), ProviderOutcome::Answered);
        assert_eq!(counted(400, r#"{"error":"invalid_grant"}"#), ProviderOutcome::Refused);
        assert_eq!(counted(200, r#"{"error":"bad_refresh_token"}"#), ProviderOutcome::Refused);
        assert_eq!(counted(429, ""), ProviderOutcome::Refused);
        assert_eq!(counted(401, r#"{"error":"invalid_client"}"#), ProviderOutcome::ClientRefused);
        assert_eq!(counted(200, r#"{"error":"incorrect_client_credentials"}"#), ProviderOutcome::ClientRefused);
        assert_eq!(counted(503, r#"{"error":"invalid_client"}"#), ProviderOutcome::Failed);
    }
}
