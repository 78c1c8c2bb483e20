//! HTTP to the provider, and nowhere else.

use std::{
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{HeaderMap, Response, header::CONTENT_TYPE},
};

use tracing::Instrument;

use crate::server::{
    http::{self, HttpSetupError, cause},
    metrics::{self, ProviderEndpoint, ProviderOutcome},
    traces,
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

/// For one request that says who we are, to the token endpoint or one like it: adds the assertion, if there is one, and
/// notes the answer's status, which `openidconnect` does not pass on.
pub(super) struct ClientHttp {
    http: EndpointHttp,
    /// Form-encoded.
    assertion: Option<String>,
    status: AtomicU16,
}

/// The provider gave no answer, or one too large.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    NoAnswer(String),
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
}

impl ProviderHttp {
    pub fn new() -> Result<Self, HttpSetupError> {
        Self::with_timeout(TOTAL_TIMEOUT)
    }

    /// Trusts these authorities too, certificates in PEM.
    pub fn trusting(authorities: Option<&[u8]>) -> Result<Self, HttpSetupError> {
        Ok(Self { client: http::client_trusting(Some(TOTAL_TIMEOUT), authorities.unwrap_or_default())? })
    }

    /// Waits no longer than this for a whole answer.
    pub fn with_timeout(total: Duration) -> Result<Self, HttpSetupError> {
        Ok(Self { client: http::client(Some(total))? })
    }

    pub(super) fn at(&self, endpoint: ProviderEndpoint) -> EndpointHttp {
        EndpointHttp { http: self.clone(), endpoint }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(no_answer)?;
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
    pub(super) fn new(http: EndpointHttp, assertion: Option<String>) -> Self {
        Self { http, assertion, status: AtomicU16::new(0) }
    }

    /// The answer's status; 0 where there was no answer.
    pub(super) fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(assertion) = &self.assertion {
            request.body_mut().push(b'&');
            request.body_mut().extend_from_slice(assertion.as_bytes());
        }
        let mut response = self.http.send(request).await?;
        self.status.store(response.status().as_u16(), Ordering::Relaxed);
        // Whatever it is called, it is never a JWT here.
        response.headers_mut().remove(CONTENT_TYPE);
        Ok(response)
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

fn is_jwt(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/jwt")
}

fn no_answer(error: reqwest::Error) -> HttpError {
    HttpError::NoAnswer(cause(error))
}
