//! Requests and responses of the endpoints for stored conversations. All times are in seconds since 1970-01-01 UTC.

use serde::{Deserialize, Serialize};

use super::{
    attachments::AttachmentSummary,
    chat::{AnswerError, ConversationId, EndReason, MessageId, Usage},
    feedback::Feedback,
};

/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text to search for, in characters.
pub const MAX_SEARCH_CHARS: usize = 200;

/// `GET /api/conversations`: a page of the person's conversations, those with the latest messages first. With `search`,
/// only those that have all its words in their title or messages, in any order and regardless of case and accents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationList {
    pub conversations: Vec<ConversationSummary>,
    /// Those that the person has pinned, on the first page and without a search. They are among `conversations`, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ConversationSummary>,
    /// The parameter `before` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many days after its last question a conversation is deleted. Without it, it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    pub id: ConversationId,
    /// The first line of the first question, until the person renames it.
    pub title: String,
    pub updated_at: u64,
    /// The answer that is still being written.
    pub running: Option<MessageId>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub pinned: bool,
    /// Where a search has found it, unless only its title has the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<FoundPlace>,
}

/// A message that has words of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// A part of its text, on one line. Every second piece is a word that was found, and the first is not.
    pub pieces: Vec<String>,
    /// When the question was sent, or the answer begun.
    pub at: u64,
}

/// `GET /api/conversation`: one conversation with the messages of its chosen version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub title: String,
    /// In order: a question, its answer, the next question.
    pub messages: Vec<Message>,
    /// The answer that is still being written: always the last message.
    pub running: Option<MessageId>,
    /// The answer that is still being written in a version that is not chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_elsewhere: Option<MessageId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub role: Role,
    /// Of a running answer, its text as of about a second ago.
    pub text: String,
    /// The model's reasoning before an answer that has ended, if it sent any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thinking: String,
    /// Set for an answer that has ended.
    pub end: Option<EndReason>,
    pub error: Option<AnswerError>,
    pub usage: Option<Usage>,
    /// The model that wrote an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of an answer that has ended: the oldest message that was sent to the model for it, if older ones were left out. If
    /// it is an answer, that one's beginning was left out, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_from: Option<MessageId>,
    /// What the person said of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// All versions of the message, itself among them, oldest first. Empty where it is the only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<MessageId>,
    /// When the question was sent, or the answer begun.
    pub at: u64,
    /// The files of a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentSummary>,
}

impl Message {
    /// Whether this is an answer that is still being written.
    pub fn is_running(&self) -> bool {
        self.role == Role::Answer && self.end.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Question,
    Answer,
}

/// `POST /api/conversation/rename`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameRequest {
    pub id: ConversationId,
    /// 1 to [`MAX_TITLE_CHARS`] characters on one line, not only white space.
    pub title: String,
}

/// `POST /api/conversation/choose`: from now on, the conversation is shown and continued with this version of a message.
/// The response is the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChooseRequest {
    pub id: ConversationId,
    pub version: MessageId,
}

/// `POST /api/conversation/delete`: deletes the conversation with its messages, and stops a running answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRequest {
    pub id: ConversationId,
}

/// `POST /api/conversation/pin`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRequest {
    pub id: ConversationId,
    /// Whether it is listed above all others.
    pub pinned: bool,
}

/// `POST /api/conversations/delete`: deletes all conversations of the person, and stops the answers that are running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAllRequest {
    /// Must be `true`: nobody deletes everything by an empty request.
    pub confirmed: bool,
}

/// The response to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedAll {
    pub deleted: usize,
}

/// The `format` of `GET /api/conversation/export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Markdown,
    Json,
}

/// The language of the headings in an exported file. English where the request names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportLanguage {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "fr")]
    French,
}

/// The response to `GET /api/conversation/export`: a file for the person to save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Valid on any file system.
    pub file_name: String,
    pub media_type: String,
    pub text: String,
}

/// An empty response: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

fn is_false(value: &bool) -> bool {
    !value
}
