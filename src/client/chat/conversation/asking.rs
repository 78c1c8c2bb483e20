//! Sends, retries and edits questions.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{Conversation, Phase};
use crate::{
    client::{
        chat::{
            answer_requests::Call,
            element_ids::COMPOSER,
            entry::{Author, Entry, Progress},
        },
        platform::{clock, crypto, dom},
    },
    wire::chat::{ChatRequest, ConversationId, IdempotencyKey, MessageId},
};

impl Conversation {
    /// Sends the draft; once the conversation is open, if it is not yet.
    pub fn send(mut self) {
        if *self.phase.peek() == Phase::Opening {
            self.sends_when_open.set(true);
            return;
        }
        if self.is_busy() || !self.draft.can_be_sent() {
            return;
        }
        let message = self.draft.text().trim().to_owned();
        let replaces = self.editing.write().take();
        self.ask(message, replaces);
    }

    /// Sends a message that is not the draft: a starter question, or the request to continue.
    pub fn send_text(self, message: &str) {
        if !self.is_busy() {
            self.ask(message.to_owned(), None);
        }
    }

    /// Asks the last question again; the new answer replaces the old one.
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
            (None, None, Some(request)) => self.send_request(request),
            (None, id, _) => self.ask(question.text.to_string(), id.clone()),
        }
    }

    /// Puts a question into the composer, to be changed and asked again.
    pub fn edit(mut self, question: &Entry) {
        self.draft.edit(&question.text);
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

    fn ask(mut self, message: String, replaces: Option<MessageId>) {
        let known = self.id.peek().clone().filter(|_| *self.phase.peek() == Phase::Shown);
        let conversation = known.unwrap_or_else(|| ConversationId::new(crypto::random_uuid()));
        let request = ChatRequest {
            conversation: conversation.clone(),
            message,
            idempotency_key: IdempotencyKey::new(crypto::random_uuid()),
            replaces,
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
        let at = Some(clock::unix_time());
        let question = Rc::new(Entry { at, ..Entry::question(self.next_key(), &request.message) });
        {
            let mut entries = self.entries.write();
            // A question without id was not delivered, and is the last one.
            let is_undelivered = |entry: &Rc<Entry>| entry.author == Author::You && entry.id.is_none();
            let replaced = entries
                .iter()
                .position(|entry| request.replaces.is_some() && entry.id == request.replaces || is_undelivered(entry));
            if let Some(at) = replaced {
                entries.truncate(at);
            }
            entries.push(question);
        }
        self.last_request.set(Some(request.clone()));
        self.read(Call::Send(request));
    }

    fn last_question(self) -> Option<Rc<Entry>> {
        self.entries.peek().iter().rev().find(|entry| entry.author == Author::You).cloned()
    }

    /// The id of the last answer, if it has begun on the server and failed here.
    fn failed_answer(self) -> Option<MessageId> {
        let entries = self.entries.peek();
        let answer = entries.last().filter(|entry| matches!(entry.progress, Progress::Failed(_)))?;
        answer.id.clone()
    }

    fn is_busy(self) -> bool {
        self.running.is_running() || *self.phase.peek() == Phase::Opening
    }
}
