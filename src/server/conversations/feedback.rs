//! What people say of answers: stored with the answer, counted, and exported for the operator.

use chrono::{DateTime, Datelike, Timelike};
use serde::Serialize;
use serde_json::json;

use super::{Conversations, Owner, check_length, done_if, text::storable};
use crate::{
    server::observe::metrics,
    wire::{
        auth::UserClaims,
        chat::{ConversationId, MessageId},
        conversations::Done,
        error::ApiError,
        feedback::{Feedback, FeedbackRequest, MAX_COMMENT_CHARS},
    },
};

/// What somebody said of an answer. Times are in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenFeedback {
    pub at: i64,
    pub answer: MessageId,
    pub conversation: ConversationId,
    pub answered_at: i64,
    pub model: String,
    pub feedback: Feedback,
}

/// In all that people have said, in the order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: i64,
    /// Empty: before all that was said at that time.
    pub answer: String,
}

/// As it is exported.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    #[serde(flatten)]
    feedback: &'a Feedback,
    model: &'a str,
    answered_at: String,
    answer: &'a MessageId,
    conversation: &'a ConversationId,
}

impl Conversations {
    /// Of an answer of the person's own that has ended.
    pub async fn give_feedback(&self, user: &UserClaims, request: FeedbackRequest) -> Result<Done, ApiError> {
        let feedback =
            request.feedback.map(|feedback| Feedback { comment: storable(feedback.comment.trim()), ..feedback });
        if let Some(feedback) = &feedback {
            check_length("comment", &feedback.comment, 0, MAX_COMMENT_CHARS)?;
        }
        let now = self.environment.now();
        let found = self.store.set_feedback(&Owner::of(user), &request.answer, feedback.as_ref(), now).await?;
        let done = done_if(found)?;
        metrics::feedback_given(feedback.map(|feedback| feedback.value));
        Ok(done)
    }
}

impl GivenFeedback {
    /// Where the next page begins.
    pub fn place(&self) -> Place {
        Place { at: self.at, answer: self.answer.to_string() }
    }

    /// One line of JSON, without what was asked and answered, and without who said it.
    pub fn line(&self) -> String {
        let Self { at, answer, conversation, answered_at, model, feedback } = self;
        let (at, answered_at) = (time(*at), time(*answered_at));
        json!(Line { at, feedback, model, answered_at, answer, conversation }).to_string()
    }
}

/// RFC 3339, in UTC.
fn time(millis: i64) -> String {
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second, millis) = (time.hour(), time.minute(), time.second(), time.timestamp_subsec_millis());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::feedback::{FeedbackReason, FeedbackValue};

    #[test]
    fn a_line_says_what_was_said_of_which_answer_and_nothing_of_its_text() {
        let feedback = Feedback {
            value: FeedbackValue::Down,
            reason: Some(FeedbackReason::Facts),
            comment: "The \"plan\"\nis wrong.".into(),
        };
        let given = GivenFeedback {
            at: 1_767_323_045_678,
            answer: MessageId::new("a"),
            conversation: ConversationId::new("c"),
            answered_at: 1_767_323_000_000,
            model: "m".into(),
            feedback,
        };
        let line: serde_json::Value = serde_json::from_str(&given.line()).unwrap();
        let expected = json!({
            "at": "2026-01-02T03:04:05.678Z",
            "value": "down",
            "reason": "facts",
            "comment": "The \"plan\"\nis wrong.",
            "model": "m",
            "answered_at": "2026-01-02T03:03:20.000Z",
            "answer": "a",
            "conversation": "c",
        });
        assert_eq!(line, expected);
        assert!(!given.line().contains('\n'));
    }
}
