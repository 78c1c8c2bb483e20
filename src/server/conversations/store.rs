//! The contract of a conversation store.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::{Owner, search::Search, tree::ConversationTree};
use crate::wire::{
    attachments::{Attachment, Part},
    chat::{AnswerError, ConversationId, EndReason, IdempotencyKey, MessageId, Usage},
    conversations::{Conversation, ConversationSummary, Message},
    error::Limit,
    feedback::Feedback,
};

pub use super::list_page::{ListPage, ListPosition, Listed};

/// A running answer is touched about every second. After this long without a touch, its server must have failed, and it
/// counts as interrupted. The clocks of two servers may differ by five seconds.
pub const LOST_AFTER: Duration = Duration::from_secs(8);

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
    pub attachments: Vec<Attachment>,
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
    /// To be asked otherwise or once more, or to take a file of.
    #[error("there is no such question")]
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
    /// Of the question, in order.
    pub files: Vec<StoredFile>,
    pub answer: ExchangeText,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeText {
    pub id: MessageId,
    pub text: String,
}

/// A file of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub name: String,
    pub media_type: String,
    /// The length of the text in characters, also where the text was not read.
    pub chars: usize,
    /// What of it is sent to the model; all of it when empty.
    pub parts: Vec<Part>,
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

impl Exchange {
    /// The length of question and answer, without files.
    pub fn chars(&self) -> usize {
        self.question.text.chars().count() + self.answer.text.chars().count()
    }
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

    /// The latest exchanges before `question`, on its path, that fit into `budget` characters together, and in any case the
    /// latest one. Those that the model refused are left out ([`crate::wire::chat::is_refused`]). Files don't count: their
    /// texts are read, those of the latest exchange first, until they take what is left of the budget; then they are empty.
    async fn exchanges_before(&self, owner: &Owner, question: &MessageId, budget: usize)
    -> Result<Earlier, StoreError>;

    /// The files of a question, with their texts, in order.
    async fn files(
        &self,
        owner: &Owner,
        conversation: &ConversationId,
        question: &MessageId,
    ) -> Result<Vec<StoredFile>, StoreError>;

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

    /// A page of them, the latest first. With `search`, only those of which the title or the messages have each of its
    /// words, or a word that begins with it; then each has its [`FoundPlace`](crate::wire::conversations::FoundPlace).
    async fn list(
        &self,
        owner: &Owner,
        search: &Search,
        page: &ListPage,
        now: SystemTime,
    ) -> Result<Listed, StoreError>;

    /// Those that are pinned, the latest first, at most `limit`.
    async fn pinned(
        &self,
        owner: &Owner,
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

    /// Returns whether there was one.
    async fn pin(&self, owner: &Owner, id: &ConversationId, pinned: bool) -> Result<bool, StoreError>;

    /// Deletes the conversation with all its messages. Returns whether there was one.
    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError>;

    /// Stores what the owner says of an answer that has ended, in place of what they said before; `None` removes it. Returns
    /// whether there is such an answer.
    async fn set_feedback(
        &self,
        owner: &Owner,
        answer: &MessageId,
        feedback: Option<&Feedback>,
        now: SystemTime,
    ) -> Result<bool, StoreError>;

    /// Deletes at most `limit` of the owner's conversations with all their messages. Returns how many: 0 when none is left.
    async fn delete_some(&self, owner: &Owner, limit: usize) -> Result<usize, StoreError>;

    /// Deletes at most `limit` conversations of all owners whose last question was asked before `before`, the oldest first,
    /// unless an answer of theirs is running. Of several servers that do so at once, each deletes others. Returns how many.
    async fn delete_expired(&self, before: SystemTime, limit: usize, now: SystemTime) -> Result<usize, StoreError>;

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
