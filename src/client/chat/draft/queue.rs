//! The message that waits for the end of the running answer, with its files: stored with the drafts, so that it survives a
//! reload.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{Draft, stored::before};
use crate::wire::attachments::Attachment;

/// The message that waited.
pub struct Queued {
    pub text: String,
    pub files: Vec<Attachment>,
}

impl Draft {
    /// Subscribes the caller.
    pub fn queued(self) -> Option<Rc<str>> {
        self.queued.read().clone()
    }

    /// Does not subscribe the caller.
    pub fn has_queued(self) -> bool {
        self.queued.peek().is_some()
    }

    /// The draft is the message that waits, and the field is empty.
    pub fn queue(mut self) {
        let (text, conversation) = (self.text().trim().to_owned(), self.conversation.peek().clone());
        self.attachments.queue();
        let files = self.attachments.queued_names(&conversation);
        self.drafts.write().queue(conversation, text, files);
        self.set(String::new());
        self.store();
    }

    /// Puts the message that waits back into the field, before what was typed since.
    pub fn unqueue(self) {
        self.attachments.unqueue();
        let Some(queued) = self.take_queued_text() else { return };
        let typed = self.text();
        self.set(before(&queued, &typed));
    }

    pub fn remove_queued(self) {
        self.attachments.remove_queued();
        self.take_queued_text();
        self.store();
    }

    /// It no longer waits. It stays in storage until something else is stored, such as the message that is being sent.
    pub fn take_queued(self) -> Option<Queued> {
        let text = self.take_queued_text()?;
        Some(Queued { text, files: self.attachments.take_queued() })
    }

    fn take_queued_text(mut self) -> Option<String> {
        let conversation = self.conversation.peek().clone();
        let queued = self.drafts.write().take_queued(&conversation);
        self.show_queued();
        queued
    }

    pub(super) fn show_queued(mut self) {
        let queued = self.drafts.peek().queued.get(&*self.conversation.peek()).map(|text| Rc::from(text.as_str()));
        if *self.queued.peek() != queued {
            self.queued.set(queued);
        }
    }
}
