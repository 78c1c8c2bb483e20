//! HTTP to the provider, and nowhere else.

use std::{
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{self, header::CONTENT_TYPE},
};

/// No document of a provider is larger than this.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);

/// The one client for calls to the provider.
#[derive(Clone)]
pub struct ProviderHttp {
    client: reqwest::Client,
}

/// For one request to the token endpoint: notes the answer's status, which `openidconnect` does not pass on.
pub(super) struct TokenEndpointHttp {
    http: ProviderHttp,
    status: AtomicU16,
}

/// No HTTP client could be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct HttpSetupError(String);

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

    /// Waits no longer than this for a whole answer.
    pub fn with_timeout(total: Duration) -> Result<Self, HttpSetupError> {
        let client = reqwest::Client::builder()
            // A redirect could send the client secret, or the server itself, to another host (SSRF).
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(total)
            .user_agent(concat!("oracle-ai/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| HttpSetupError(error.to_string()))?;
        Ok(Self { client })
    }

    pub(super) fn for_token_endpoint(&self) -> TokenEndpointHttp {
        TokenEndpointHttp { http: self.clone(), status: AtomicU16::new(0) }
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
        let mut response = http::Response::new(body);
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

impl TokenEndpointHttp {
    /// The answer's status; 0 where there was no answer.
    pub(super) fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = self.http.send(request).await?;
        self.status.store(response.status().as_u16(), Ordering::Relaxed);
        // Whatever it is called, it is never a JWT here.
        response.headers_mut().remove(CONTENT_TYPE);
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

impl<'c> AsyncHttpClient<'c> for TokenEndpointHttp {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

fn is_jwt(headers: &http::HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/jwt")
}

/// The whole chain of causes, without the URL: a query could hold what no log may.
fn no_answer(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    HttpError::NoAnswer(text)
}
