//! Any server with OpenAI's chat completions API.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use reqwest::{
    StatusCode,
    header::{
        ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    },
};
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, Span};
use url::Url;

use super::{
    ApiStyle, Asker, Message, Role, Upstream, UpstreamError, UpstreamEvents, UpstreamSettings, UserTokens,
    answer::AnswerResponse,
    error_body::{self, ErrorBody},
    sent::SentRequest,
};
use crate::{
    server::{
        environment::Environment,
        observe::{metrics, traces},
        outbound::{HttpSetupError, OutboundProxy, cause},
        tls,
    },
    wire::{auth::UserClaims, chat::ConversationId},
};

/// How often a request is retried before its first token.
const MAX_RETRIES: u32 = 2;
/// Before the first retry; doubled for the next.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// If the upstream's `Retry-After` is longer, the request fails instead of waiting.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Who asks, and where, when the doctor does.
const TRIAL: &str = "oracle-ai-doctor";

/// How much of an error response is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

pub struct ChatCompletions {
    http: reqwest::Client,
    endpoint: Url,
    settings: UpstreamSettings,
    environment: Environment,
    /// Identifies the user to the server.
    user_tokens: Option<UserTokens>,
    /// Whether the server accepts `stream_options`. True until it refuses a request because of them.
    accepts_stream_options: AtomicBool,
}

/// A request that failed before its first token.
struct Failure {
    error: UpstreamError,
    /// Whether a retry may succeed.
    is_transient: bool,
    retry_after: Option<Duration>,
    /// Whether the error is about `stream_options`.
    names_stream_options: bool,
    /// The upstream's own message, if it has sent one.
    message: Option<String>,
}

/// Why the upstream did not answer, with an excerpt of its own message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}{}", message.iter().map(|message| format!(": {message}")).collect::<String>())]
pub struct Refusal {
    pub error: UpstreamError,
    pub message: Option<String>,
}

#[derive(Serialize)]
struct CompletionRequest<'a> {
    model: &'a str,
    messages: Vec<RequestMessage<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    /// Most servers send the usage only on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct RequestMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl ChatCompletions {
    pub fn new(settings: UpstreamSettings, environment: Environment) -> Result<Self, HttpSetupError> {
        Self::through(OutboundProxy::default(), settings, environment)
    }

    /// Uses this proxy if the upstream is on another machine.
    pub fn through(
        proxy: OutboundProxy,
        settings: UpstreamSettings,
        environment: Environment,
    ) -> Result<Self, HttpSetupError> {
        let accepts_stream_options = AtomicBool::new(true);
        Ok(Self {
            http: settings.client(proxy)?,
            endpoint: settings.endpoint(),
            settings,
            environment,
            user_tokens: None,
            accepts_stream_options,
        })
    }

    /// Sends a token with each request that identifies the user, if the settings say so.
    pub fn with_user_tokens(self, tokens: Option<UserTokens>) -> Self {
        Self { user_tokens: tokens.filter(|_| self.settings.takes_user_token), ..self }
    }

    fn request_body(&self, messages: &[Message], with_stream_options: bool) -> Result<Vec<u8>, UpstreamError> {
        let system_prompt = self.settings.system_prompt.as_deref();
        let system_prompt = system_prompt.map(|content| RequestMessage { role: Role::System.name(), content });
        let messages =
            messages.iter().map(|message| RequestMessage { role: message.role.name(), content: &message.text });
        let request = CompletionRequest {
            model: &self.settings.model,
            messages: system_prompt.into_iter().chain(messages).collect(),
            stream: true,
            max_tokens: self.settings.max_tokens,
            stream_options: with_stream_options.then_some(StreamOptions { include_usage: true }),
        };
        serde_json::to_vec(&request).map_err(|error| {
            tracing::error!(%error, "the question can't be written");
            UpstreamError::Upstream
        })
    }

    /// Sends one request, and waits for the first event of its answer.
    async fn request(&self, body: Vec<u8>, sent: &SentRequest) -> Result<UpstreamEvents, Failure> {
        let span = traces::upstream_call();
        let outcome = self.request_within(&span, body, sent).instrument(span.clone()).await;
        if outcome.is_err() {
            traces::failed(&span);
        }
        outcome
    }

    async fn request_within(&self, span: &Span, body: Vec<u8>, sent: &SentRequest) -> Result<UpstreamEvents, Failure> {
        let user_token = self.user_token(sent.asker())?;
        let response = self.send(body, user_token).await?;
        traces::answered(span, response.status().as_u16());
        let response = accept(response, sent).await?;
        let mut answer = AnswerResponse::new(response, self.settings.timeouts, sent.clone());
        // A connection that breaks before the first token can be retried, and so can a stream without anything: the person
        // has seen no text yet.
        let Some(first) = answer.first().await else {
            tracing::warn!("the upstream's answer is empty");
            return Err(Failure { is_transient: true, ..Failure::of(UpstreamError::Upstream) });
        };
        let first =
            first.map_err(|error| Failure { is_transient: error == UpstreamError::Network, ..Failure::of(error) })?;
        Ok(stream::once(async { Ok(first) }).chain(answer.into_events()).boxed())
    }

    async fn send(
        &self,
        body: Vec<u8>,
        user_token: Option<(HeaderName, HeaderValue)>,
    ) -> Result<reqwest::Response, Failure> {
        let mut trace = HeaderMap::new();
        traces::inject_context(&mut trace);
        let request = self
            .http
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            // Compressors delay what they have too little of. Some compress nevertheless, and are understood.
            .header(ACCEPT_ENCODING, "identity")
            .headers(trace)
            .body(body);
        let request = match self.credential()? {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = user_token.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.send().await.map_err(|error| {
            tls::record_failure("the model", &error);
            tracing::warn!(error = cause(error), "the upstream gave no answer");
            Failure { is_transient: true, ..Failure::of(UpstreamError::Network) }
        })
    }

    fn credential(&self) -> Result<Option<(&'static str, HeaderValue)>, Failure> {
        let Some(key) = &self.settings.api_key else { return Ok(None) };
        let (name, value) = match self.settings.style {
            ApiStyle::OpenAi => (AUTHORIZATION.as_str(), format!("Bearer {}", key.secret())),
            ApiStyle::Azure { .. } => ("api-key", key.secret().to_owned()),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            tracing::error!("CHAT_API_KEY can't be sent in a header");
            Failure::of(UpstreamError::Auth)
        })?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    /// Without it, nothing is sent: the upstream relies on it.
    fn user_token(&self, asker: Option<&Asker>) -> Result<Option<(HeaderName, HeaderValue)>, Failure> {
        let (Some(tokens), Some(asker)) = (&self.user_tokens, asker) else { return Ok(None) };
        tokens.header(asker).map(Some).map_err(|error| {
            tracing::error!(%error, "the token that says who asks can't be made");
            Failure::of(UpstreamError::Auth)
        })
    }

    /// How long to wait before the next retry; `None` if there is none.
    fn pause(&self, failure: &Failure, retries: u32) -> Option<Duration> {
        if !failure.is_transient || retries == MAX_RETRIES {
            return None;
        }
        match failure.retry_after {
            Some(wanted) => (wanted <= MAX_PAUSE).then_some(wanted),
            // With jitter: between three quarters of the pause and the whole.
            None => {
                let pause = FIRST_PAUSE * 2_u32.pow(retries);
                let jitter = self.environment.randomness.bytes().map_or(0, |bytes| u32::from(bytes[0]));
                Some(pause - pause / 4 * jitter / 255)
            }
        }
    }

    /// Asks a question of ours, whose answer is not read.
    pub async fn try_out(&self, question: &str) -> Result<(), Refusal> {
        let question = Message { role: Role::User, text: question.to_owned() };
        let user = UserClaims::known_by(String::new(), TRIAL.to_owned());
        let asker = Asker { user, roles: vec![], conversation: ConversationId::new(TRIAL) };
        let outcome = self.begin(vec![question], asker).await;
        outcome.map(drop).map_err(|Failure { error, message, .. }| Refusal { error, message })
    }

    /// Returns when the first event has arrived.
    async fn begin(&self, messages: Vec<Message>, asker: Asker) -> Result<UpstreamEvents, Failure> {
        let mut with_stream_options = self.accepts_stream_options.load(Ordering::Relaxed);
        let sent = SentRequest::new(self.settings.clone(), messages, asker);
        let mut body = self.request_body(sent.messages(), with_stream_options).map_err(Failure::of)?;
        let first_token_by = Instant::now() + self.settings.timeouts.first_token;
        let mut retries = 0;
        loop {
            let sent_at = Instant::now();
            let outcome = timeout_at(first_token_by, self.request(body.clone(), &sent)).await;
            let outcome = outcome.unwrap_or_else(|_| {
                tracing::warn!("the upstream gave no first token in time");
                Err(Failure::of(UpstreamError::Timeout))
            });
            let kind = outcome.as_ref().map(|_| ()).map_err(|failure| failure.error.kind());
            metrics::model_call(kind, sent_at.elapsed());
            let failure = match outcome {
                Ok(events) => return Ok(events),
                Err(failure) => failure,
            };
            if failure.names_stream_options && with_stream_options {
                tracing::info!("the upstream does not know stream_options: from now on it is asked without them");
                self.accepts_stream_options.store(false, Ordering::Relaxed);
                with_stream_options = false;
                body = self.request_body(sent.messages(), with_stream_options).map_err(Failure::of)?;
                continue;
            }
            let Some(pause) = self.pause(&failure, retries) else { return Err(failure) };
            if Instant::now() + pause >= first_token_by {
                return Err(failure);
            }
            sleep(pause).await;
            retries += 1;
        }
    }
}

#[async_trait]
impl Upstream for ChatCompletions {
    fn model(&self) -> &str {
        &self.settings.model
    }

    /// The upstream gets no data of the user but the messages, and the token where the operator wants it.
    async fn answer(&self, messages: Vec<Message>, asker: &Asker) -> Result<UpstreamEvents, UpstreamError> {
        self.begin(messages, asker.clone()).await.map_err(|failure| failure.error)
    }
}

impl Failure {
    fn of(error: UpstreamError) -> Self {
        Self { error, is_transient: false, retry_after: None, names_stream_options: false, message: None }
    }
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// Any other status than 200 is an error. What a body of 200 is, the body decides.
async fn accept(response: reqwest::Response, sent: &SentRequest) -> Result<reqwest::Response, Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    if status == StatusCode::OK {
        return has_known_encoding(&headers, sent).map(|()| response);
    }
    // 400 at most servers; 422 where an unknown parameter is a validation error.
    let is_bad_request = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
    let body = read_error(response).await;
    let error = ErrorBody::parse(&body);
    Err(Failure {
        error: error.log_and_classify(Some((status, &headers)), sent),
        is_transient: error.is_transient(status, &headers),
        retry_after: error_body::retry_after(&headers),
        names_stream_options: is_bad_request && String::from_utf8_lossy(&body).contains("stream_options"),
        message: Some(sent.excerpt(error.message())).filter(|message| !message.is_empty()),
    })
}

/// Encodings that were decoded are not in the headers any more.
fn has_known_encoding(headers: &HeaderMap, sent: &SentRequest) -> Result<(), Failure> {
    let encoding = headers.get(CONTENT_ENCODING).map_or(&b""[..], |value| value.as_bytes());
    if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") {
        return Ok(());
    }
    let encoding = sent.excerpt(&String::from_utf8_lossy(encoding));
    tracing::warn!(encoding, "the upstream compresses its answers, and this server does not know how");
    Err(Failure::of(UpstreamError::Upstream))
}

/// Stops at [`MAX_ERROR_BYTES`], or where the connection breaks: then the body is no JSON, and the status decides.
async fn read_error(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = vec![];
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > MAX_ERROR_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    body
}
