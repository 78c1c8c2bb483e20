//! Requests, responses and events of the chat endpoints.

use serde::{Deserialize, Serialize};

use super::{attachments::Attachment, identifier::identifier};

/// Longest message accepted, in characters.
pub const MAX_MESSAGE_CHARS: usize = 32_000;

/// The most versions of one message.
pub const MAX_VERSIONS: usize = 20;

identifier! {
    /// Identifies a conversation among those of its owner. Random, chosen by the client.
    ConversationId
}

identifier! {
    /// Identifies a question or an answer. Chosen by the server.
    MessageId
}

identifier! {
    /// Identifies one message, however often it is sent. Random, chosen by the client.
    IdempotencyKey
}

/// The response to `GET /api/chat`: the access token is valid.
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

/// `POST /api/chat`: one message of the person, answered by a stream of [`ChatEvent`]s. The first message creates the
/// conversation.
///
/// A message sent again with the same key is not stored again: the same answer is streamed from its first event. While
/// another answer of the conversation is running, it is refused as `Conflict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRequest {
    pub conversation: ConversationId,
    /// 1 to [`MAX_MESSAGE_CHARS`] characters, not only white space.
    pub message: String,
    pub idempotency_key: IdempotencyKey,
    /// A question of the conversation. This message is another version of it, and what was there stays beside it; the same
    /// text asks the same question again, for another answer. The release before calls it `replaces`.
    #[serde(default, alias = "replaces", skip_serializing_if = "Option::is_none")]
    pub version_of: Option<MessageId>,
    /// The answer that the message follows: the last one on the page. Without it, or if there is no such answer, the end
    /// of the chosen version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<MessageId>,
    /// In the order in which they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The model that is to answer, by its id in [`super::options::ChatOptions`]. The first of those when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// `POST /api/chat/follow`: the events of an answer that has begun, both past and future ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowRequest {
    pub answer: MessageId,
    /// Only events with a greater `n`. All of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// `POST /api/chat/stop`: ends an answer as [`EndReason::Stopped`]. An answer that has ended is not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequest {
    pub answer: MessageId,
}

/// One event of an answer. The first is [`ChatEventKind::Open`], the last is [`ChatEventKind::End`]. A stream that
/// stops without it was interrupted, and can be resumed with a [`FollowRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatEvent {
    /// The event's number, counted from 0 without gaps.
    pub n: u64,
    #[serde(flatten)]
    pub kind: ChatEventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEventKind {
    /// The message was stored, and its answer has begun. A reader that has parts of this answer already drops them, as
    /// all of it follows. It comes again where text turned out to be the model's reasoning, and where not all earlier
    /// messages could be sent to the model.
    Open {
        question: MessageId,
        answer: MessageId,
        model: String,
        /// The oldest message that was sent to the model, if older ones were left out. If it is an answer, that one's
        /// beginning was left out, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_from: Option<MessageId>,
    },
    /// The next piece of the answer's text.
    Delta { text: String },
    /// The next piece of the model's reasoning, which is no part of the answer.
    Thinking { text: String },
    /// Tokens and times of the answer. At most once.
    Usage(Usage),
    /// Why the answer could not be completed. At most once.
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
    /// From the question to the first piece of the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Measured from the first piece to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    /// How many characters the files of the conversation have that the model was sent, and how many of them it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_chars: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_sent_chars: Option<u64>,
}

/// What went wrong with an answer. The client has the text that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerError {
    pub kind: AnswerErrorKind,
    /// Seconds to wait before another try, where the upstream said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// With [`AnswerErrorKind::Auth`], whose text older pages show: no other request would be accepted either, as the
    /// model or the address that this server is configured with does not exist at the upstream.
    #[serde(default, skip_serializing_if = "is_false")]
    pub misconfigured: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerErrorKind {
    /// The upstream does not accept this server's credentials or requests: a matter for the administrator.
    Auth,
    /// A quota of the upstream is exhausted.
    Limit,
    /// The upstream is overloaded.
    Busy,
    /// The upstream failed.
    Upstream,
    /// The upstream refused to answer because of the content.
    Filtered,
    /// The conversation exceeds the model's context.
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
    /// It reached the maximum length.
    Length,
    /// The upstream withheld the rest because of its content.
    Filtered,
    /// It broke off, or nobody was reading it.
    Interrupted,
}

impl AnswerError {
    pub const fn of(kind: AnswerErrorKind) -> Self {
        Self { kind, retry_after: None, misconfigured: false }
    }
}

/// Whether the model refused a question because of its content or length. Such a question is not sent again with later
/// ones: they would be refused, too. All others are, also where their answer failed.
pub fn is_refused(end: Option<EndReason>, error: Option<AnswerErrorKind>, answer: &str) -> bool {
    match (error, end) {
        (Some(AnswerErrorKind::Filtered), _) => true,
        (Some(AnswerErrorKind::TooLong), _) | (None, Some(EndReason::Filtered)) => answer.is_empty(),
        _ => false,
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of event as it is on the wire.
    fn events() -> Vec<(ChatEventKind, &'static str)> {
        let message = MessageId::new("m");
        let usage = Usage { input_tokens: Some(1), output_tokens: Some(2), ..Usage::default() };
        let usage = Usage { first_token_ms: Some(3), tokens_per_second: Some(1.5), ..usage };
        let failed = AnswerError::of(AnswerErrorKind::TooLong);
        let busy = AnswerError { retry_after: Some(4), ..AnswerError::of(AnswerErrorKind::Busy) };
        let misconfigured = AnswerError { misconfigured: true, ..AnswerError::of(AnswerErrorKind::Auth) };
        let open = |sent_from| ChatEventKind::Open {
            question: message.clone(),
            answer: message.clone(),
            model: "x".into(),
            sent_from,
        };
        vec![
            (open(None), r#"{"n":5,"type":"open","question":"m","answer":"m","model":"x"}"#),
            (
                open(Some(MessageId::new("s"))),
                r#"{"n":5,"type":"open","question":"m","answer":"m","model":"x","sent_from":"s"}"#,
            ),
            (ChatEventKind::Delta { text: "a".into() }, r#"{"n":5,"type":"delta","text":"a"}"#),
            (ChatEventKind::Thinking { text: "b".into() }, r#"{"n":5,"type":"thinking","text":"b"}"#),
            (
                ChatEventKind::Usage(usage),
                concat!(
                    r#"{"n":5,"type":"usage","input_tokens":1,"output_tokens":2,"#,
                    r#""first_token_ms":3,"tokens_per_second":1.5}"#
                ),
            ),
            (ChatEventKind::Usage(Usage::default()), r#"{"n":5,"type":"usage"}"#),
            (ChatEventKind::Error(failed), r#"{"n":5,"type":"error","kind":"too_long"}"#),
            (ChatEventKind::Error(busy), r#"{"n":5,"type":"error","kind":"busy","retry_after":4}"#),
            (ChatEventKind::Error(misconfigured), r#"{"n":5,"type":"error","kind":"auth","misconfigured":true}"#),
            (ChatEventKind::End { reason: EndReason::Length }, r#"{"n":5,"type":"end","reason":"length"}"#),
        ]
    }

    /// Does not compile where a kind is missing: add it to [`events`], too.
    fn is_among_the_events(kind: &ChatEventKind) {
        match kind {
            ChatEventKind::Open { .. }
            | ChatEventKind::Delta { .. }
            | ChatEventKind::Thinking { .. }
            | ChatEventKind::Usage(_)
            | ChatEventKind::Error(_)
            | ChatEventKind::End { .. } => {}
        }
    }

    #[test]
    fn every_event_is_one_flat_object_and_read_as_it_was_written() {
        for (kind, json) in events() {
            is_among_the_events(&kind);
            let event = ChatEvent { n: 5, kind };
            assert_eq!(serde_json::to_string(&event).unwrap(), json);
            assert_eq!(serde_json::from_str::<ChatEvent>(json).unwrap(), event, "{json}");
        }
    }

    #[test]
    fn unknown_fields_of_an_event_are_ignored_wherever_its_type_stands() {
        let event = ChatEvent { n: 1, kind: ChatEventKind::Delta { text: "a".into() } };
        let json = r#"{"text":"a","of_a_later_release":[{}],"type":"delta","n":1}"#;
        assert_eq!(serde_json::from_str::<ChatEvent>(json).unwrap(), event);
    }

    #[test]
    fn an_event_of_an_unknown_type_or_without_a_required_field_is_refused() {
        for json in [r#"{"type":"delta","text":"a"}"#, r#"{"n":1,"type":"delta"}"#, r#"{"n":1,"type":"moved"}"#] {
            assert!(serde_json::from_str::<ChatEvent>(json).is_err(), "{json}");
        }
    }
}
