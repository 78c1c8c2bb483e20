//! What the chat doors take and give.

use serde::{Deserialize, Serialize};

use super::{name::name, told::ToldEvent};

/// Longest message accepted, in characters.
pub const MAX_MESSAGE_CHARS: usize = 32_000;

name! {
    /// Names a conversation among those of its owner; chosen by the client, at random.
    ConversationId
}

name! {
    /// Names a question or an answer; chosen by the server.
    MessageId
}

name! {
    /// Names a send: the same key means the same message, however often it is sent. Chosen by the client, at random.
    IdempotencyKey
}

/// `GET /api/chat` answered: the access token is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatStatus {
    /// Always `chat ok`.
    pub message: String,
}

impl ChatStatus {
    pub fn ok() -> Self {
        Self { message: "chat ok".into() }
    }
}

/// `POST /api/chat`: one message of the person, to be answered by a stream of [`ChatEvent`]s. The first message makes
/// the conversation.
///
/// Sent again with the same key, it is not stored again: the events of the same answer are told from the first. While
/// another answer of the conversation is running, it is refused as `Conflict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRequest {
    pub conversation: ConversationId,
    /// 1 to [`MAX_MESSAGE_CHARS`] characters, not only white space.
    pub message: String,
    pub idempotency_key: IdempotencyKey,
    /// A question of the conversation: this message takes its place, and all that followed it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
}

/// `POST /api/chat/follow`: the events of an answer that was begun, as they are and as they come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowRequest {
    pub answer: MessageId,
    /// Only events with a greater `n`; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// `POST /api/chat/stop`: ends an answer as [`EndReason::Stopped`]. One that has ended stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequest {
    pub answer: MessageId,
}

/// One event of an answer, in order. The first is [`ChatEventKind::Open`], and [`ChatEventKind::End`] is the last; a
/// stream that stops without it was broken off, and can be followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ToldEvent")]
pub struct ChatEvent {
    /// Counts from 0 without gaps.
    pub n: u64,
    #[serde(flatten)]
    pub kind: ChatEventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEventKind {
    /// The message was stored, and its answer has begun. Whoever reads it forgets what they have of this answer: it is
    /// told from its start.
    Open { question: MessageId, answer: MessageId, model: String },
    /// The next piece of the answer's text.
    Delta { text: String },
    /// The next piece of the model's reasoning: no part of the answer, and not kept.
    Thinking { text: String },
    /// What the answer has taken. At most once.
    Usage(Usage),
    /// Why the answer ends here. At most once.
    Error(AnswerError),
    /// The answer is over.
    End { reason: EndReason },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// From the question to the first piece of its answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// From the first piece to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
}

/// What went wrong with an answer. The words for people are the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerError {
    pub kind: AnswerErrorKind,
    /// Seconds after which it is worth another try, where the upstream has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerErrorKind {
    /// The upstream does not accept this server: a matter for the administrator.
    Auth,
    /// A quota is used up for now.
    Limit,
    /// The upstream is overloaded.
    Busy,
    /// The upstream failed.
    Upstream,
    /// The upstream refused the content.
    Filtered,
    /// The conversation is longer than the model takes.
    TooLong,
    /// The upstream can't be reached.
    Network,
    /// The upstream took too long.
    Timeout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The whole answer was sent.
    Complete,
    /// The person stopped it.
    Stopped,
    /// It reached the longest length allowed.
    Length,
    /// The upstream held the rest back for its content.
    Filtered,
    /// It broke off, or nobody was there to read it.
    Interrupted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_flat() {
        let kind = ChatEventKind::Error(AnswerError { kind: AnswerErrorKind::TooLong, retry_after: None });
        let json = serde_json::json!({ "n": 3, "type": "error", "kind": "too_long" });
        assert_eq!(serde_json::to_value(ChatEvent { n: 3, kind: kind.clone() }).unwrap(), json);
        assert_eq!(serde_json::from_value::<ChatEvent>(json).unwrap(), ChatEvent { n: 3, kind });

        let kind =
            ChatEventKind::Usage(Usage { output_tokens: Some(7), tokens_per_second: Some(1.5), ..Usage::default() });
        let json = serde_json::json!({ "n": 4, "type": "usage", "output_tokens": 7, "tokens_per_second": 1.5 });
        assert_eq!(serde_json::to_value(ChatEvent { n: 4, kind: kind.clone() }).unwrap(), json);
        assert_eq!(serde_json::from_value::<ChatEvent>(json).unwrap(), ChatEvent { n: 4, kind });
    }
}
