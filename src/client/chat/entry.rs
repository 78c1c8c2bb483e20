//! A message of the transcript.

use std::rc::Rc;

use crate::{
    client::{
        language::Language,
        markdown::{language_detection::language_of, split::split},
    },
    wire::{
        attachments::AttachmentSummary,
        chat::{AnswerError, EndReason, MessageId, Usage, is_refused},
        conversations::{Message, Role},
        error::ApiError,
        feedback::Feedback,
    },
};

/// Shared as `Rc`, so that a message that has not changed is not compared or rendered again when others change.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Identifies it on this page, also before it has an id.
    pub key: u64,
    /// Assigned by the server.
    pub id: Option<MessageId>,
    pub author: Author,
    /// As it was written.
    pub text: Rc<str>,
    /// The Markdown blocks of an answer.
    pub blocks: Vec<Rc<str>>,
    /// The language of an answer, if it was detected.
    pub language: Option<Language>,
    pub thinking: Rc<str>,
    pub usage: Option<Usage>,
    /// When a question was sent or an answer begun, in seconds since 1970, if it is known.
    pub at: Option<u64>,
    /// Of an answer: the oldest message that was sent to the model, if older ones were left out.
    pub sent_from: Option<MessageId>,
    /// The files of a question.
    pub attachments: Vec<AttachmentSummary>,
    /// The model that wrote an answer, by its id.
    pub model: Option<Rc<str>>,
    /// What the person said of an answer.
    pub feedback: Option<Feedback>,
    /// All versions of the message, oldest first. Empty where it is the only one.
    pub versions: Vec<MessageId>,
    pub progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    You,
    Assistant,
}

/// The state of a message. Whatever happens, the text received so far stays.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Its text is in the [`super::running_answer::RunningAnswer`].
    Running,
    /// The person has stopped it, and the server has not confirmed that yet.
    Stopping,
    Ended(EndReason, Option<AnswerError>),
    /// The question was not delivered, the answer was not received completely, or it could not be stopped.
    Failed(ApiError),
}

impl Progress {
    /// Whether neither a failure nor the person has ended it.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Ended(EndReason::Complete | EndReason::Length, None))
    }
}

impl Entry {
    pub fn question(key: u64, text: &str, attachments: Vec<AttachmentSummary>) -> Self {
        let progress = Progress::Ended(EndReason::Complete, None);
        Self { author: Author::You, text: text.into(), attachments, ..Self::answer(key, None, progress) }
    }

    /// An answer without text.
    pub fn answer(key: u64, id: Option<MessageId>, progress: Progress) -> Self {
        Self {
            key,
            id,
            author: Author::Assistant,
            text: "".into(),
            blocks: vec![],
            language: None,
            thinking: "".into(),
            usage: None,
            at: None,
            sent_from: None,
            attachments: vec![],
            model: None,
            feedback: None,
            versions: vec![],
            progress,
        }
    }

    /// Whether this is an answer that was not broken off: a message that waits for it can be sent.
    pub fn is_complete_answer(&self) -> bool {
        self.author == Author::Assistant && self.progress.is_complete()
    }

    /// Whether the model refused the question of this answer, so that it is not sent again with later ones.
    pub fn is_refusal(&self) -> bool {
        match &self.progress {
            Progress::Ended(reason, error) if self.author == Author::Assistant => {
                is_refused(Some(*reason), error.map(|error| error.kind), &self.text)
            }
            _ => false,
        }
    }

    /// A message that was stored.
    pub fn of_message(key: u64, message: &Message) -> Self {
        // An answer without an end, which is not running any more, was interrupted.
        let default_end = if message.is_running() { EndReason::Interrupted } else { EndReason::Complete };
        let progress = Progress::Ended(message.end.unwrap_or(default_end), message.error);
        let (author, blocks) = match message.role {
            Role::Question => (Author::You, vec![]),
            Role::Answer => (Author::Assistant, split(&message.text)),
        };
        Self {
            author,
            text: message.text.as_str().into(),
            language: language_of(&blocks),
            blocks,
            thinking: message.thinking.as_str().into(),
            usage: message.usage,
            at: Some(message.at),
            sent_from: message.sent_from.clone(),
            attachments: message.attachments.clone(),
            model: message.model.as_deref().filter(|model| !model.is_empty()).map(Into::into),
            feedback: message.feedback.clone(),
            versions: message.versions.clone(),
            ..Self::answer(key, Some(message.id.clone()), progress)
        }
    }
}
