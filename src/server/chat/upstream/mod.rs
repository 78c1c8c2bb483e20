//! The models that answer.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | which server has the model, and how to call it |
//! | `completions` | requests to any OpenAI-compatible server, with retries |
//! | `error_body` | what its errors mean |
//! | `user_token` | the token that identifies the user to the upstream, where the operator wants that |
//! | `sent` | the request, to keep its texts out of the log |
//! | `answer` | the response, with its timeouts |
//! | `transcript` | the events in the response's bytes |
//! | `frames`, `chunk`, `surrogates` | where a chunk begins and ends in them, and what it says |
//! | `finish_reason` | why the model has stopped, in the words of each server |
//! | `answer_text`, `thinking_tags`, `code_spans` | text and reasoning, put together and separated |
//! | `citations` | the sources that the model names beside its text |
//! | `deviations` | what is tolerated, counted and logged |
//! | `demo` | the built-in responder |

mod answer;
mod answer_text;
mod chunk;
mod citations;
mod code_spans;
mod completions;
mod demo;
mod deviations;
mod error_body;
mod finish_reason;
mod frames;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod sent;
mod settings;
mod surrogates;
mod thinking_tags;
mod transcript;
mod user_token;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream::BoxStream;

pub use completions::{ChatCompletions, Refusal};
pub use demo::Demo;
pub use deviations::declare_metrics;
pub use settings::{ApiKey, ApiStyle, Timeouts, UpstreamSettings};
pub use user_token::{JWKS_PATH, SubjectForm, UserTokenSettings, UserTokens};

use crate::wire::{
    auth::UserClaims,
    chat::{AnswerErrorKind, ConversationId},
};

/// One message of a conversation, as it is sent to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

/// Who asks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    pub user: UserClaims,
    /// As the provider names them.
    pub roles: Vec<String>,
    pub conversation: ConversationId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// A part of an answer. They come in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// The next piece of the answer's text; never empty.
    Delta(String),
    /// The next piece of the model's reasoning, which is not part of the answer; never empty.
    Thinking(String),
    /// All text so far was reasoning. At most once: the model's template begins the answer within its reasoning.
    TextWasThinking,
    /// At most once, after the last text.
    Usage(TokenUsage),
    /// Always last, and at most once.
    Finished(FinishReason),
}

/// Tokens, as the upstream counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenUsage {
    pub input: Option<u64>,
    pub output: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model had no more to say.
    Complete,
    /// The answer reached its longest length and was cut.
    Length,
    /// The upstream withheld the rest.
    Filtered,
}

/// Why an answer failed or was broken off. The cause has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("the upstream doesn't accept our key")]
    Auth,
    /// The address or the model does not exist there, or it refuses requests of this form.
    #[error("the upstream does not know the model or the address, or refuses our requests")]
    Misconfigured,
    /// Too many requests, or the quota is used up.
    #[error("the upstream accepts no more requests from us for now")]
    Limit { retry_after: Option<Duration> },
    #[error("the upstream is overloaded")]
    Busy { retry_after: Option<Duration> },
    #[error("the upstream failed")]
    Upstream,
    #[error("the upstream refuses to answer this")]
    Filtered,
    #[error("the conversation is too long for the model")]
    TooLong,
    #[error("the upstream can't be reached")]
    Network,
    #[error("the upstream has been silent for too long")]
    Timeout,
}

impl UpstreamError {
    /// As the page and the metrics name it.
    pub fn kind(self) -> AnswerErrorKind {
        match self {
            Self::Auth | Self::Misconfigured => AnswerErrorKind::Auth,
            Self::Limit { .. } => AnswerErrorKind::Limit,
            Self::Busy { .. } => AnswerErrorKind::Busy,
            Self::Upstream => AnswerErrorKind::Upstream,
            Self::Filtered => AnswerErrorKind::Filtered,
            Self::TooLong => AnswerErrorKind::TooLong,
            Self::Network => AnswerErrorKind::Network,
            Self::Timeout => AnswerErrorKind::Timeout,
        }
    }
}

/// The upstream is read only as fast as this stream is polled. Dropping the stream closes the upstream's socket at once.
///
/// An answer that ends without [`UpstreamEvent::Finished`], with or without an error, was interrupted. An error is always
/// last.
pub type UpstreamEvents = BoxStream<'static, Result<UpstreamEvent, UpstreamError>>;

/// A model, or a substitute for one.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The model's name, for people to read.
    fn model(&self) -> &str;

    /// Answers the last of these messages, which are in order and without the system prompt: the upstream adds that.
    ///
    /// Returns when the first event has arrived, which can take minutes. Dropping the future closes the upstream's socket
    /// at once.
    async fn answer(&self, messages: Vec<Message>, asker: &Asker) -> Result<UpstreamEvents, UpstreamError>;
}

pub type SharedUpstream = Arc<dyn Upstream>;
