//! A message that is sent while an answer is being written waits for its end.

use dioxus::prelude::*;

use super::{Conversation, Phase};
use crate::client::{
    chat::{draft::Queued, element_ids::COMPOSER},
    language::Catalog,
    platform::dom,
};

impl Conversation {
    /// Sends the message that waits, unless an answer is being written.
    pub fn send_queued(self) {
        if self.is_busy() {
            return;
        }
        if let Some(Queued { text, files }) = self.draft.take_queued() {
            self.ask_beside_draft(text, None, files);
        }
    }

    /// Puts the message that waits back into the composer.
    pub fn edit_queued(self) {
        self.draft.unqueue();
        dom::focus(COMPOSER);
        dom::cursor_to_end(COMPOSER);
    }

    pub fn remove_queued(self, catalog: &Catalog) {
        self.draft.remove_queued();
        self.announcer.say(catalog.queue.removed.to_owned());
        dom::focus(COMPOSER);
    }

    /// The draft waits until the answer has ended, with its files. One message can wait; another one stays the draft, and so
    /// does an edited question.
    pub(super) fn queue(self) {
        let is_kept = self.editing.peek().is_some() || self.draft.has_queued();
        if *self.phase.peek() != Phase::Shown || is_kept {
            return;
        }
        self.draft.queue();
        dom::focus(COMPOSER);
    }

    /// Sends the message that waits if the last answer is complete. After a failure or a stop, the person decides.
    pub(super) fn send_queued_after_answer(self) {
        let is_due = self.entries.peek().last().is_some_and(|last| last.is_complete_answer());
        if is_due {
            self.send_queued();
        }
    }
}
