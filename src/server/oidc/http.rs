//! HTTP to the provider, and nowhere else.

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
use serde_json::Value;
use tracing::Instrument;

use super::{client_authentication::ClientProofs, settings::ProviderSettings};
use crate::server::{
    excerpt::{Excerpt, excerpt},
    metrics::{self, ProviderEndpoint, ProviderOutcome},
    outbound::{self, ClientSettings, HttpSetupError, OutboundProxy, cause, is_https_or_loopback},
    tls, traces,
};

/// No document of a provider is larger than this.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);

/// The one client for calls to the provider.
#[derive(Clone)]
pub struct ProviderHttp {
    client: reqwest::Client,
}

/// For calls to one of its endpoints, which are counted and timed.
pub(super) struct EndpointHttp {
    http: ProviderHttp,
    endpoint: ProviderEndpoint,
}

/// For one request that says who we are, to the token endpoint or one like it: says it, and notes the answer's status,
/// which `openidconnect` does not pass on.
pub(super) struct ClientHttp {
    http: EndpointHttp,
    proofs: ClientProofs,
    status: AtomicU16,
    /// Without who we are.
    request: OnceLock<HttpRequest>,
}

/// The provider gave no answer, or one too large.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    NoAnswer(String),
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    /// The last line: metadata that names such an endpoint is refused.
    #[error("it is not https, and not on loopback")]
    Unencrypted,
}

impl ProviderHttp {
    pub fn new() -> Result<Self, HttpSetupError> {
        Self::with_timeout(TOTAL_TIMEOUT)
    }

    /// For this provider: trusts its authorities too, and calls nothing but https, unless the operator has said that it is
    /// on this machine.
    pub fn for_provider(settings: &ProviderSettings, proxy: OutboundProxy) -> Result<Self, HttpSetupError> {
        let settings = ClientSettings {
            total: Some(TOTAL_TIMEOUT),
            authorities: settings.authorities.as_deref().unwrap_or_default(),
            https_only: !settings.is_on_loopback(),
            proxy,
        };
        Ok(Self { client: outbound::client(&settings)? })
    }

    /// Waits no longer than this for a whole answer.
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
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        // Some providers declare their JSON as something else; whether it is JSON shows when it is read. A signed
        // answer of the userinfo endpoint is told by its type (OpenID Connect Core §5.3.2).
        if !is_jwt(response.headers()) {
            response.headers_mut().remove(CONTENT_TYPE);
        }
        Ok(response)
    }
}

impl EndpointHttp {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let asked_at = Instant::now();
        let span = traces::provider_call(self.endpoint);
        let answer = async {
            traces::carry(request.headers_mut());
            self.http.send(request).await
        }
        .instrument(span.clone())
        .await;
        match &answer {
            Ok(response) => traces::answered(&span, response.status().as_u16()),
            Err(_) => traces::failed(&span),
        }
        let outcome = match &answer {
            Ok(response) if response.status().is_server_error() => ProviderOutcome::Failed,
            Ok(response) if response.status().is_client_error() => ProviderOutcome::Refused,
            Ok(_) => ProviderOutcome::Answered,
            Err(_) => ProviderOutcome::NoAnswer,
        };
        metrics::provider_call(self.endpoint, outcome, asked_at.elapsed());
        answer
    }
}

impl ClientHttp {
    pub(super) fn new(http: EndpointHttp, proofs: ClientProofs) -> Self {
        Self { http, proofs, status: AtomicU16::new(0), request: OnceLock::new() }
    }

    /// What the provider says to the request, without all that the request said to it.
    pub(super) fn excerpt(&self, text: &str) -> Excerpt {
        let sent = self.request.get().map(|request| self.proofs.secrets(request)).unwrap_or_default();
        excerpt(text).without(sent.iter().map(String::as_str))
    }

    /// The answer's status; 0 where there was no answer.
    pub(super) fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = self.answered(&request).await?;
        _ = self.request.set(request);
        self.status.store(response.status().as_u16(), Ordering::Relaxed);
        // Whatever it is called, it is never a JWT here.
        response.headers_mut().remove(CONTENT_TYPE);
        Ok(response)
    }

    /// While credentials change, the provider may know either: what it has refused to take from us it has not acted on
    /// (RFC 6749 §5.2), so that a code is not spent.
    async fn answered(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut left = self.proofs.in_turn();
        loop {
            let Some((number, proof)) = left.next() else { return Err(HttpError::NoAnswer("no credentials".into())) };
            let mut attempt = request.clone();
            proof.put_into(&mut attempt);
            let response = self.http.send(attempt).await?;
            match (refuses_client(&response), left.len()) {
                (true, 0) => return Ok(response),
                (true, _) => tracing::warn!("the provider refused our first credentials; the others are tried"),
                (false, _) => {
                    self.proofs.was_taken(*number);
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

impl<'c> AsyncHttpClient<'c> for ClientHttp {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

/// RFC 6749 §5.2: `invalid_client`, for which 401 is kept. Keycloak has said `unauthorized_client` of a wrong
/// credential, too.
fn refuses_client(response: &HttpResponse) -> bool {
    let says_so = || {
        serde_json::from_slice::<Value>(response.body())
            .is_ok_and(|body| body["error"] == "invalid_client" || body["error"] == "unauthorized_client")
    };
    match response.status() {
        StatusCode::UNAUTHORIZED => true,
        StatusCode::BAD_REQUEST => says_so(),
        _ => false,
    }
}

fn is_jwt(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/jwt")
}

fn no_answer(error: reqwest::Error) -> HttpError {
    tls::record_failure("the provider", &error);
    HttpError::NoAnswer(cause(error))
}
