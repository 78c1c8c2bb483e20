//! The whole contract of a conversation store.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::Owner;
use crate::wire::{
    chat::{AnswerError, ConversationId, EndReason, IdempotencyKey, MessageId, Usage},
    conversations::{Conversation, ConversationSummary, Message},
    error::Limit,
};

/// A running answer is touched about every second. One that was not touched for so long is running nowhere any more:
/// whoever reads it finds it interrupted.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(90);

/// Conversations a person can have.
pub const MAX_CONVERSATIONS: i64 = 2_000;
/// Messages a conversation can have.
pub const MAX_MESSAGES: i64 = 2_000;

/// A question to be stored, and the names of what it makes.
#[derive(Clone, Debug)]
pub struct NewQuestion {
    pub conversation: ConversationId,
    pub idempotency_key: IdempotencyKey,
    pub replaces: Option<MessageId>,
    pub text: String,
    pub question: MessageId,
    pub answer: MessageId,
    /// Who answers.
    pub model: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Stored: the question, and an answer that is running and has no text yet.
    New,
    /// The key was used before, for the question of this answer. Nothing was stored.
    Before { answer: MessageId },
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    #[error("an answer of the conversation is running")]
    Running,
    #[error("the conversation has no such question to replace")]
    NoSuchQuestion,
    #[error("there is no room for another of {0:?}")]
    Full(Limit),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub text: String,
    /// What the model thought before. It is shown, and neither searched nor told to the model again.
    pub thinking: String,
    pub reason: EndReason,
    pub error: Option<AnswerError>,
    pub usage: Option<Usage>,
}

/// What whoever writes a running answer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    Stop,
    /// It has ended, or was deleted: nobody wants its text any more.
    Gone,
}

/// One answer, with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAnswer {
    pub question: MessageId,
    pub model: String,
    pub message: Message,
}

/// An earlier question with its answer, as the model is told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub question: String,
    pub answer: String,
}

/// Keeps conversations. Whatever is named is looked for among the owner's: another's is not there.
///
/// Texts come without U+0000. Times are rounded down to milliseconds.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// Stores a question and begins its answer, in one step: of several callers with the same key, one stores; of
    /// several with different keys, one begins.
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError>;

    /// What was said before `question`, in order and as much of the latest as fits into `budget` characters. A question
    /// whose answer failed or has no text is left out with it.
    async fn exchanges_before(
        &self,
        owner: &Owner,
        question: &MessageId,
        budget: usize,
    ) -> Result<Vec<Exchange>, StoreError>;

    /// Keeps `more` of a running answer, of whose text the first `start` bytes are stored, and says what is to become of
    /// it. What came before is not written again: however long an answer is, each of its words is written once, and with
    /// its end once more.
    async fn touch(&self, answer: &MessageId, start: usize, more: &str, now: SystemTime) -> Result<Wish, StoreError>;

    /// Ends an answer, unless it has ended.
    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<(), StoreError>;

    /// Has `touch` tell whoever writes the answer to stop.
    async fn ask_to_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError>;

    async fn answer(
        &self,
        owner: &Owner,
        answer: &MessageId,
        now: SystemTime,
    ) -> Result<Option<StoredAnswer>, StoreError>;

    /// The latest first, at most `limit`; of those in whose title or messages `search` occurs, all where it is empty.
    async fn list(
        &self,
        owner: &Owner,
        search: &str,
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<ConversationSummary>, StoreError>;

    async fn conversation(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Tells whether there was one.
    async fn rename(&self, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, StoreError>;

    /// Removes the conversation with all its messages, and tells whether there was one.
    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError>;
}

/// The store can't be reached, or does not do as asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("conversation store: {0}")]
pub struct StoreError(pub String);
