//! What has been received of an answer.

use std::rc::Rc;

use super::entry::{Entry, Progress};
use crate::{
    client::{
        language::Language,
        markdown::{Splitter, language_detection::language_of},
    },
    wire::chat::{AnswerError, ChatEvent, ChatEventKind, EndReason, MessageId, Usage},
};

/// The sum of the events received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceivedAnswer {
    /// Of the answer.
    pub id: Option<MessageId>,
    pub blocks: Splitter,
    /// The oldest message that was sent to the model, if older ones were left out.
    pub sent_from: Option<MessageId>,
    model: Option<Rc<str>>,
    /// The number of the last event.
    pub last_event: Option<u64>,
    text: String,
    thinking: String,
    usage: Option<Usage>,
    error: Option<AnswerError>,
    end: Option<EndReason>,
}

/// What the transcript shows of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerText {
    pub blocks: Vec<Rc<str>>,
    pub language: Option<Language>,
    pub thinking: Rc<str>,
}

impl ReceivedAnswer {
    /// Adds the next event. An event that was received before changes nothing.
    pub fn add(&mut self, event: ChatEvent) {
        if let ChatEventKind::Open { answer, sent_from, model, .. } = event.kind {
            // The server repeats the answer from its start.
            let (id, model) = (Some(answer), Some(model.into()));
            *self = Self { id, sent_from, model, last_event: Some(event.n), ..Self::default() };
            return;
        }
        if self.last_event.is_some_and(|last| event.n <= last) {
            return;
        }
        self.last_event = Some(event.n);
        match event.kind {
            ChatEventKind::Open { .. } => {}
            ChatEventKind::Delta { text } => {
                self.text.push_str(&text);
                self.blocks.push(&text);
            }
            ChatEventKind::Thinking { text } => self.thinking.push_str(&text),
            ChatEventKind::Usage(usage) => self.usage = Some(usage),
            ChatEventKind::Error(error) => self.error = Some(error),
            ChatEventKind::End { reason } => self.end = Some(reason),
        }
    }

    pub fn text_so_far(&self) -> AnswerText {
        let blocks = self.blocks.blocks();
        AnswerText { language: language_of(&blocks), blocks, thinking: self.thinking.as_str().into() }
    }

    /// How the answer has ended, if the event of its end was received.
    pub fn end(&self) -> Option<Progress> {
        Some(Progress::Ended(self.end?, self.error))
    }

    /// `entry` with everything received.
    pub fn entry(&self, entry: &Entry, progress: Progress) -> Entry {
        let AnswerText { blocks, language, thinking } = self.text_so_far();
        Entry {
            key: entry.key,
            id: self.id.clone().or_else(|| entry.id.clone()),
            author: entry.author,
            text: self.text.as_str().into(),
            blocks,
            language,
            thinking,
            usage: self.usage,
            at: entry.at,
            sent_from: self.sent_from.clone(),
            attachments: vec![],
            model: self.model.clone().or_else(|| entry.model.clone()),
            feedback: None,
            versions: entry.versions.clone(),
            progress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u64, kind: ChatEventKind) -> ChatEvent {
        ChatEvent { n, kind }
    }

    fn delta(n: u64, text: &str) -> ChatEvent {
        event(n, ChatEventKind::Delta { text: text.into() })
    }

    fn open() -> ChatEvent {
        let (question, answer) = (MessageId::new("q"), MessageId::new("a"));
        event(0, ChatEventKind::Open { question, answer, model: "m".into(), sent_from: None })
    }

    #[test]
    fn an_event_received_twice_is_added_once() {
        let mut received = ReceivedAnswer::default();
        for event in [open(), delta(1, "a"), delta(1, "a"), delta(2, "b"), delta(1, "a"), delta(3, "c")] {
            received.add(event);
        }
        assert_eq!(received.text, "abc");
    }

    #[test]
    fn an_answer_repeated_from_its_start_replaces_what_was_received() {
        let mut received = ReceivedAnswer::default();
        for event in [
            open(),
            delta(1, "a"),
            open(),
            delta(1, "whole"),
            event(2, ChatEventKind::End { reason: EndReason::Stopped }),
        ] {
            received.add(event);
        }
        assert_eq!(received.text, "whole");
        assert_eq!(received.end(), Some(Progress::Ended(EndReason::Stopped, None)));
    }
}
