//! Sends, retries and edits questions.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{Conversation, Phase};
use crate::{
    client::{
        chat::{
            answer_requests::Call,
            attachments::AttachedFile,
            element_ids::COMPOSER,
            entry::{Author, Entry, Progress},
        },
        platform::{clock, crypto, dom},
    },
    wire::{
        attachments::{Attachment, AttachmentSummary, Content, StoredAt},
        chat::{ChatRequest, ConversationId, IdempotencyKey, MessageId},
    },
};

impl Conversation {
    /// Sends the draft; once the conversation is open, if it is not yet. While an answer is being written, it waits.
    pub fn send(mut self) {
        if *self.phase.peek() == Phase::Opening || *self.is_choosing.peek() {
            self.sends_when_open.set(true);
            return;
        }
        if !self.draft.can_be_sent() || self.draft.attachments.is_reading() || !self.draft.attachments.can_be_sent() {
            return;
        }
        if self.running.is_running() {
            return self.queue();
        }
        let message = self.draft.text().trim().to_owned();
        let version_of = self.editing.write().take();
        let attachments = self.draft.attachments.to_send();
        self.ask_beside_draft(message, version_of, attachments);
        // Only now, so that at no time the message is stored nowhere.
        self.draft.restore();
    }

    /// Sends the draft if the person wanted that while the conversation could not be continued.
    pub(super) fn send_if_wanted(mut self) {
        if self.sends_when_open.replace(false) && *self.phase.peek() == Phase::Shown {
            self.send();
        }
    }

    /// Sends a message that is not the draft: a starter question, or the request to continue.
    pub fn send_text(self, message: &str) {
        if !self.is_busy() {
            self.ask_beside_draft(message.to_owned(), None, vec![]);
        }
    }

    /// Asks the last question again, for another answer.
    pub fn retry(self) {
        if self.is_busy() {
            return;
        }
        let Some(question) = self.last_question() else { return };
        let last_request = self.last_request.peek().clone();
        match (self.failed_answer(), &question.id, last_request) {
            // The server has begun the answer: its events are there, also if it has ended.
            (Some(answer), ..) => self.read(Call::follow(answer)),
            // The question was not delivered. With the same idempotency key, it can't be stored twice.
            (None, None, Some(request)) => self.send_request(ChatRequest { model: self.model_to_ask(), ..request }),
            (None, id, _) => {
                let files = attached(&question).into_iter().map(|file| file.attachment);
                self.ask_beside_draft(question.text.to_string(), id.clone(), files.collect());
            }
        }
    }

    /// The question that was refused is sent again by the page that the person comes back to.
    pub fn send_after_sign_in(self) {
        self.draft.send_after_sign_in();
    }

    /// Puts a question into the composer, to be changed and asked again.
    pub fn edit(mut self, question: &Entry) {
        self.draft.edit(&question.text, attached(question));
        self.editing.set(question.id.clone());
        dom::focus(COMPOSER);
        dom::cursor_to_end(COMPOSER);
    }

    pub fn edit_last(self) {
        if let Some(question) = self.last_question().filter(|question| question.id.is_some()) {
            self.edit(&question);
        }
    }

    pub fn cancel_edit(mut self) {
        self.editing.set(None);
        self.draft.restore();
        dom::focus(COMPOSER);
    }

    /// The draft stays as it is.
    pub(super) fn ask_beside_draft(
        mut self,
        message: String,
        version_of: Option<MessageId>,
        attachments: Vec<Attachment>,
    ) {
        let known = self.id.peek().clone().filter(|_| *self.phase.peek() == Phase::Shown);
        let conversation = known.unwrap_or_else(|| ConversationId::new(crypto::random_uuid()));
        let request = ChatRequest {
            conversation: conversation.clone(),
            message,
            idempotency_key: IdempotencyKey::new(crypto::random_uuid()),
            after: self.last_answer().filter(|_| version_of.is_none()),
            version_of,
            attachments,
            model: self.model_to_ask(),
        };
        self.draft.sending(&request);
        if self.id.peek().as_ref() != Some(&conversation) {
            self.id.set(Some(conversation.clone()));
            self.phase.set(Phase::Shown);
            self.navigate.call(conversation);
        }
        self.send_request(request);
    }

    pub(super) fn send_request(mut self, request: ChatRequest) {
        let attachments = request.attachments.iter().map(|attachment| self.summary_of(attachment)).collect();
        let at = Some(clock::unix_time());
        let question = Rc::new(Entry { at, ..Entry::question(self.next_key(), &request.message, attachments) });
        {
            let mut entries = self.entries.write();
            // A question without id was not delivered, and is the last one.
            let is_undelivered = |entry: &Rc<Entry>| entry.author == Author::You && entry.id.is_none();
            let replaced = entries.iter().position(|entry| {
                request.version_of.is_some() && entry.id == request.version_of || is_undelivered(entry)
            });
            if let Some(at) = replaced {
                entries.truncate(at);
            }
            entries.push(question);
        }
        self.last_request.set(Some(request.clone()));
        self.read(Call::Send(request));
    }

    /// Of a stored file, the length is that of the question it was sent with.
    pub(super) fn summary_of(self, attachment: &Attachment) -> AttachmentSummary {
        let chars = match &attachment.content {
            Content::Text(text) => text.chars().count(),
            Content::Stored(StoredAt { question, position }) => {
                let entries = self.entries.peek();
                let sent_with = entries.iter().find(|entry| entry.id.as_ref() == Some(question));
                let file = sent_with.and_then(|entry| entry.attachments.get(*position as usize));
                file.map_or(0, |file| file.chars)
            }
        };
        let Attachment { name, media_type, parts, .. } = attachment;
        let (name, media_type, parts) = (name.clone(), media_type.clone(), parts.clone());
        AttachmentSummary { name, media_type, chars, parts, text: None }
    }

    /// The id of the last answer on the page, which the next message follows.
    fn last_answer(self) -> Option<MessageId> {
        let entries = self.entries.peek();
        entries.iter().rev().filter(|entry| entry.author == Author::Assistant).find_map(|entry| entry.id.clone())
    }

    pub(super) fn last_question(self) -> Option<Rc<Entry>> {
        self.entries.peek().iter().rev().find(|entry| entry.author == Author::You).cloned()
    }

    /// The id of the last answer, if it has begun on the server and failed here.
    fn failed_answer(self) -> Option<MessageId> {
        let entries = self.entries.peek();
        let answer = entries.last().filter(|entry| matches!(entry.progress, Progress::Failed(_)))?;
        answer.id.clone()
    }

    fn model_to_ask(self) -> Option<String> {
        self.model().map(|model| model.id)
    }

    pub(super) fn is_busy(self) -> bool {
        self.running.is_running() || *self.phase.peek() == Phase::Opening || *self.is_choosing.peek()
    }
}

/// The files of a question that is stored.
fn attached(question: &Entry) -> Vec<AttachedFile> {
    let Some(id) = &question.id else { return vec![] };
    let files = question.attachments.iter().enumerate();
    files.map(|(position, file)| AttachedFile::stored(id, position, file)).collect()
}
