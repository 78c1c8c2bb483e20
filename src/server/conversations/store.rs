//! The contract of a conversation store.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::{Owner, tree::ConversationTree};
use crate::wire::{
    chat::{AnswerError, ConversationId, EndReason, IdempotencyKey, MessageId, Usage},
    conversations::{Conversation, ConversationSummary, Message},
    error::Limit,
};

/// A running answer is touched about every second. After this long without a touch, its server must have failed, and it
/// counts as interrupted. The clocks of two servers may differ by five seconds.
pub const LOST_AFTER: Duration = Duration::from_secs(8);

/// For each person.
pub const MAX_CONVERSATIONS: i64 = 2_000;
/// For each conversation.
pub const MAX_MESSAGES: i64 = 2_000;

/// A question to be stored, with the IDs of the new messages.
#[derive(Clone, Debug)]
pub struct NewQuestion {
    pub conversation: ConversationId,
    pub idempotency_key: IdempotencyKey,
    /// The question of which this is another version. If it is `question` itself, it is only answered once more.
    pub version_of: Option<MessageId>,
    /// The answer that it follows; the end of the chosen path if there is no such answer.
    pub after: Option<MessageId>,
    pub text: String,
    pub question: MessageId,
    pub answer: MessageId,
    /// The model that answers.
    pub model: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The question was stored, and a running answer without text.
    New,
    /// The idempotency key was used before, for the question of this answer. Nothing was stored.
    AlreadyStored { answer: MessageId },
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    #[error("an answer of the conversation is running")]
    Running,
    #[error("the conversation has no such question")]
    NoSuchQuestion,
    #[error("there is no room for another of {0:?}")]
    LimitReached(Limit),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The final state of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub text: String,
    /// The model's reasoning. It is shown, but neither searched nor sent to the model again.
    pub thinking: String,
    pub reason: EndReason,
    pub error: Option<AnswerError>,
    pub usage: Option<Usage>,
    /// The oldest message that was sent to the model, if older ones were left out.
    pub sent_from: Option<MessageId>,
}

/// Whether the task that writes an answer is to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStatus {
    Running,
    StopRequested,
    /// It has ended, or its conversation was deleted.
    Gone,
}

/// One answer, with the ID of its question.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAnswer {
    pub question: MessageId,
    pub model: String,
    pub message: Message,
}

/// An earlier question with its answer, which may have no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub question: ExchangeText,
    pub answer: ExchangeText,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeText {
    pub id: MessageId,
    pub text: String,
}

/// What was said before a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// In order.
    pub exchanges: Vec<Exchange>,
    /// Whether there are more before them.
    pub has_more: bool,
}

/// The connections to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    pub in_use: usize,
    pub idle: usize,
    /// How many there may be.
    pub most: u32,
}

/// IDs are looked up among the owner's conversations only; those of others are not found.
///
/// Texts must not contain U+0000. Times are rounded down to milliseconds.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// Stores a question and begins its answer, atomically: of concurrent calls with the same idempotency key, one stores
    /// the question; of concurrent calls with different keys for the same conversation, one succeeds.
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError>;

    /// The text of a question.
    async fn question(&self, owner: &Owner, question: &MessageId) -> Result<Option<String>, StoreError>;

    /// The latest exchanges before `question`, on its path, that fit into `budget` characters together, and in any case the latest one.
    /// Those that the model refused are left out ([`crate::wire::chat::is_refused`]).
    async fn exchanges_before(&self, owner: &Owner, question: &MessageId, budget: usize)
    -> Result<Earlier, StoreError>;

    /// Appends `more` to the text of a running answer after its first `start` bytes, which were stored before. So each
    /// word of a long answer is written only once here, and once more at its end.
    async fn touch(
        &self,
        answer: &MessageId,
        start: usize,
        more: &str,
        now: SystemTime,
    ) -> Result<AnswerStatus, StoreError>;

    /// Ends an answer, unless it has ended. Returns whether it did.
    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<bool, StoreError>;

    /// The next `touch` returns [`AnswerStatus::StopRequested`].
    async fn request_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError>;

    async fn answer(
        &self,
        owner: &Owner,
        answer: &MessageId,
        now: SystemTime,
    ) -> Result<Option<StoredAnswer>, StoreError>;

    /// The latest first, at most `limit`. Only those with `search` in their title or messages, unless it is empty.
    async fn list(
        &self,
        owner: &Owner,
        search: &str,
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<ConversationSummary>, StoreError>;

    /// Its chosen path.
    async fn conversation(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<Conversation>, StoreError> {
        Ok(self.tree(owner, id, now).await?.map(ConversationTree::into_conversation))
    }

    /// All versions of its messages.
    async fn tree(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<ConversationTree>, StoreError>;

    /// Chooses the path through this message that ends with the newest one after it, until another message is added. Returns
    /// whether there is such a message.
    async fn choose(&self, owner: &Owner, id: &ConversationId, version: &MessageId) -> Result<bool, StoreError>;

    /// Returns whether there was one.
    async fn rename(&self, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, StoreError>;

    /// Deletes the conversation with all its messages. Returns whether there was one.
    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError>;

    /// `None` if there are none yet, or none at all.
    fn connections(&self) -> Option<Connections>;

    /// Whether conversations can be read now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether a message could be stored now.
    async fn check_writes(&self) -> Result<(), StoreError>;
}

/// The store can't be reached, or failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("conversation store: {0}")]
pub struct StoreError(pub String);
