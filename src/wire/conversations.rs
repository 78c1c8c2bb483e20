//! What the doors of stored conversations take and give. All times are in seconds since 1970-01-01 UTC.

use serde::{Deserialize, Serialize};

use super::chat::{AnswerError, ConversationId, EndReason, MessageId, Usage};

/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text to search for, in characters.
pub const MAX_SEARCH_CHARS: usize = 200;

/// `GET /api/conversations`: the person's conversations, those with the latest messages first; with `search`, those in
/// whose title or messages it occurs, whatever the case and accents. At most 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationList {
    pub conversations: Vec<ConversationSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    pub id: ConversationId,
    /// The first line of the first question, until it is renamed.
    pub title: String,
    pub updated_at: u64,
    /// The answer that is being written.
    pub running: Option<MessageId>,
}

/// `GET /api/conversation`: one of them, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub title: String,
    /// In order; a question and its answer in turn.
    pub messages: Vec<Message>,
    /// The answer that is being written: always the last message.
    pub running: Option<MessageId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub role: Role,
    /// Of a running answer, what there was about a second ago.
    pub text: String,
    /// What the model thought before an answer that has ended, where it told of that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thinking: String,
    /// Of an answer that has ended.
    pub end: Option<EndReason>,
    pub error: Option<AnswerError>,
    pub usage: Option<Usage>,
    /// When it was sent, or begun.
    pub at: u64,
}

impl Message {
    /// Whether it is still being written.
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

/// `POST /api/conversation/delete`: the conversation and its messages are gone; a running answer is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRequest {
    pub id: ConversationId,
}

/// `GET /api/conversation/export` in this `format`: a file for the person to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Markdown,
    Json,
}

/// The language of what an exported file says besides what was written: its headings. English where none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportLanguage {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "fr")]
    French,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Fit for any file system.
    pub file_name: String,
    pub media_type: String,
    pub text: String,
}

/// What a door answers that has nothing to tell: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}
