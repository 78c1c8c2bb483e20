//! What people say of answers.

use serde::{Deserialize, Serialize};

use super::chat::MessageId;

/// Longest comment, in characters.
pub const MAX_COMMENT_CHARS: usize = 1_000;

/// `POST /api/chat/feedback`: what the person thinks of an answer that has ended. It replaces what they said before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackRequest {
    pub answer: MessageId,
    /// `None` takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    pub value: FeedbackValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedbackReason>,
    /// At most [`MAX_COMMENT_CHARS`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackValue {
    Up,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackReason {
    /// What it says is right, or wrong.
    Facts,
    /// It leaves out nothing, or too much.
    Completeness,
    /// It answers what was asked, or something else.
    Relevance,
    /// It is easy, or hard to read.
    Style,
}

impl FeedbackReason {
    pub const ALL: [Self; 4] = [Self::Facts, Self::Completeness, Self::Relevance, Self::Style];
}
