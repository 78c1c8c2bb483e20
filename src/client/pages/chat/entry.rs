//! What the transcript shows, and how an answer grows.

use std::rc::Rc;

use crate::{
    client::{
        language::Language,
        markdown::{Splitter, language_detection::language_of, split::split},
    },
    wire::{
        chat::{AnswerError, ChatEvent, ChatEventKind, EndReason, MessageId, Usage},
        conversations::{Message, Role},
        error::ApiError,
    },
};

/// A message of the transcript. Shared: an entry that stays as it is costs nothing when others change.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Tells entries apart while the server has not named them.
    pub key: u64,
    pub id: Option<MessageId>,
    pub author: Author,
    /// As it was written.
    pub text: Rc<str>,
    /// Of an answer: its Markdown.
    pub blocks: Vec<Rc<str>>,
    /// Of an answer: what it is written in, where that is clear.
    pub language: Option<Language>,
    pub thinking: Rc<str>,
    pub usage: Option<Usage>,
    pub progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    You,
    Assistant,
}

/// How far a message has come. Whatever happened, the text that was there stays.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Its text is in [`Live`].
    Running,
    Ended(EndReason, Option<AnswerError>),
    /// The question did not get through, or its answer did not come back.
    Failed(ApiError),
}

/// What is shown of the answer that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    pub blocks: Vec<Rc<str>>,
    pub language: Option<Language>,
    pub thinking: Rc<str>,
}

/// The answer that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growing {
    pub question: Option<MessageId>,
    pub answer: Option<MessageId>,
    pub text: String,
    pub split: Splitter,
    pub thinking: String,
    pub usage: Option<Usage>,
    pub error: Option<AnswerError>,
    pub end: Option<EndReason>,
    /// The last event taken.
    pub n: Option<u64>,
}

impl Entry {
    pub fn question(key: u64, text: &str) -> Self {
        let progress = Progress::Ended(EndReason::Complete, None);
        Self { author: Author::You, text: text.into(), ..Self::answer(key, progress) }
    }

    pub fn answer(key: u64, progress: Progress) -> Self {
        Self {
            key,
            id: None,
            author: Author::Assistant,
            text: "".into(),
            blocks: vec![],
            language: None,
            thinking: "".into(),
            usage: None,
            progress,
        }
    }

    pub fn of_message(key: u64, message: &Message) -> Self {
        let progress = match message.is_running() {
            true => Progress::Running,
            false => Progress::Ended(message.end.unwrap_or(EndReason::Complete), message.error),
        };
        let (author, blocks) = match message.role {
            Role::Question => (Author::You, vec![]),
            Role::Answer => (Author::Assistant, split(&message.text)),
        };
        Self {
            id: Some(message.id.clone()),
            author,
            text: message.text.as_str().into(),
            language: language_of(&blocks),
            blocks,
            thinking: message.thinking.as_str().into(),
            usage: message.usage,
            ..Self::answer(key, progress)
        }
    }

    /// The same answer, with all that has come of it.
    pub fn ended(&self, growing: &Growing, progress: Progress) -> Self {
        let blocks = growing.split.blocks();
        Self {
            key: self.key,
            id: growing.answer.clone().or_else(|| self.id.clone()),
            author: self.author,
            text: growing.text.as_str().into(),
            language: language_of(&blocks),
            blocks,
            thinking: growing.thinking.as_str().into(),
            usage: growing.usage,
            progress,
        }
    }
}

impl Growing {
    /// Takes the next event. One that was taken before, and is told again, changes nothing.
    pub fn take(&mut self, event: ChatEvent) {
        if let ChatEventKind::Open { question, answer, .. } = event.kind {
            // Told from its start: what there is of it is forgotten.
            *self = Self { question: Some(question), answer: Some(answer), n: Some(event.n), ..Self::default() };
            return;
        }
        if self.n.is_some_and(|taken| event.n <= taken) {
            return;
        }
        self.n = Some(event.n);
        match event.kind {
            ChatEventKind::Open { .. } => {}
            ChatEventKind::Delta { text } => {
                self.text.push_str(&text);
                self.split.push(&text);
            }
            ChatEventKind::Thinking { text } => self.thinking.push_str(&text),
            ChatEventKind::Usage(usage) => self.usage = Some(usage),
            ChatEventKind::Error(error) => self.error = Some(error),
            ChatEventKind::End { reason } => self.end = Some(reason),
        }
    }

    pub fn live(&self) -> Live {
        let blocks = self.split.blocks();
        Live { language: language_of(&blocks), blocks, thinking: self.thinking.as_str().into() }
    }

    /// The end that was told, if it was.
    pub fn progress(&self) -> Option<Progress> {
        Some(Progress::Ended(self.end?, self.error))
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
        event(0, ChatEventKind::Open { question, answer, model: "m".into() })
    }

    #[test]
    fn events_told_twice_are_taken_once() {
        let mut growing = Growing::default();
        for event in [open(), delta(1, "a"), delta(1, "a"), delta(2, "b"), delta(1, "a"), delta(3, "c")] {
            growing.take(event);
        }
        assert_eq!(growing.text, "abc");
    }

    #[test]
    fn an_answer_told_from_its_start_begins_anew() {
        let mut growing = Growing::default();
        for event in [
            open(),
            delta(1, "a"),
            open(),
            delta(1, "whole"),
            event(2, ChatEventKind::End { reason: EndReason::Stopped }),
        ] {
            growing.take(event);
        }
        assert_eq!(growing.text, "whole");
        assert_eq!(growing.progress(), Some(Progress::Ended(EndReason::Stopped, None)));
    }
}
