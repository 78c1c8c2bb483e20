//! Who answers: the seam between conversations and the models behind them.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | where the model is, and how to speak with it |
//! | `completions` | questions to any OpenAI-compatible server, and when they are asked again |
//! | `refusal` | what an upstream means when it says no |
//! | `sent` | what the log gets of its words |
//! | `answer` | an answer on its socket, with a limit to each silence |
//! | `transcript`, `chunk`, `sse` | what its bytes mean |
//! | `demo` | the responder that is built in |

mod answer;
mod chunk;
mod completions;
mod demo;
mod refusal;
mod sent;
mod settings;
mod transcript;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream::BoxStream;

pub use completions::ChatCompletions;
pub use demo::Demo;
pub use settings::{ApiKey, ApiStyle, Patience, UpstreamSettings};

use crate::wire::auth::UserClaims;

/// One message of a conversation, as the model is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// What an answer is made of, in order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// The next piece of the answer's text; never empty.
    Delta(String),
    /// The next piece of the model's reasoning, which is no part of the answer; never empty.
    Thinking(String),
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
    /// It had, but may say no more: the answer is cut.
    Length,
    /// The upstream withheld the rest.
    Filtered,
}

/// Why there is no answer, or no more of it. The cause is in the log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("the upstream doesn't accept our key")]
    Auth,
    /// Too many requests, or the quota is spent.
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

/// Nothing is read from the upstream but what is pulled, and dropping it closes the upstream's socket at once.
///
/// An answer that ends without [`UpstreamEvent::Finished`] was interrupted, whether an error came last or nothing.
/// After an error nothing comes.
pub type UpstreamEvents = BoxStream<'static, Result<UpstreamEvent, UpstreamError>>;

/// A model, or what stands for one.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The model's name, as people are shown it.
    fn model(&self) -> &str;

    /// Answers the last of these messages, which are in order. The operator's system prompt is not among them: the
    /// upstream puts it first by itself.
    ///
    /// Returns with the first event at hand, which can take minutes. Dropping the future closes the upstream's socket
    /// at once.
    async fn answer(&self, messages: Vec<Message>, user: &UserClaims) -> Result<UpstreamEvents, UpstreamError>;
}

/// As it is passed around.
pub type SharedUpstream = Arc<dyn Upstream>;
