//! What the chat doors take and give.

use serde::{Deserialize, Serialize};

/// Longest message accepted, in characters.
pub const MAX_MESSAGE_CHARS: usize = 32_000;

/// `GET /api/chat` answered: the access token is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatStatus {
    /// Always `chat ok`.
    pub message: String,
}

/// `POST /api/chat`: one message of the person, to be answered by a stream of [`ChatEvent`]s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// Names the conversation; chosen by the client.
    pub conversation: String,
    /// 1 to [`MAX_MESSAGE_CHARS`] characters.
    pub message: String,
    /// Names this send: the same key means the same message, however often it is sent.
    pub idempotency_key: String,
}

/// One event of an answer, in order. Exactly one [`ChatEventKind::End`] closes an answer that was not broken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatEvent {
    /// Counts from 0 without gaps.
    pub n: u64,
    #[serde(flatten)]
    pub kind: ChatEventKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEventKind {
    /// The answer has begun.
    Open,
    /// The next piece of the answer's text.
    Delta { text: String },
    /// The answer is over.
    End { reason: EndReason },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The whole answer was sent.
    Complete,
}
