//! Versions of messages: the chosen one is shown. The server stores the choice, and nothing else is shown before it has.

use std::{collections::HashMap, rc::Rc};

use dioxus::prelude::*;

use super::{Conversation, Phase};
use crate::{
    api::{self, Answer, Authorized},
    client::{
        chat::{
            answer_requests::Call,
            attachments::AttachedFile,
            element_ids::COMPOSER,
            entry::{Entry, Progress},
        },
        platform::{dom, frame},
        session::dpop_key,
    },
    wire::{
        chat::MessageId,
        conversations::{ChooseRequest, Conversation as Stored},
        error::ApiError,
    },
};

impl Conversation {
    /// Shows another version of a message. Then `focus` gets the focus, and screen readers say `announcement`.
    pub fn choose(mut self, version: MessageId, focus: String, announcement: String) {
        // Of a message that is being sent, it is not known yet which version it will be.
        let is_sending = self.running.is_running() && self.running.id().is_none();
        let Some(id) = self.id.peek().clone().filter(|_| !is_sending) else { return };
        if self.is_choosing.replace(true) {
            return;
        }
        self.not_chosen.set(None);
        self.tasks.start(async move {
            let request = ChooseRequest { id: id.clone(), version };
            let endpoint =
                |token| api::conversations::choose_version(Authorized::new(token, dpop_key::sign, request.clone()));
            let outcome = self.auth.call(endpoint).await;
            if self.id.peek().as_ref() != Some(&id) {
                return;
            }
            self.is_choosing.set(false);
            match outcome {
                Ok(Answer(conversation)) => {
                    self.following.switch_off();
                    self.show(&conversation);
                    self.follow_running(&conversation);
                    self.announcer.say(announcement);
                    frame::next_frame().await;
                    dom::focus(&focus);
                    self.following.reader_scrolled();
                }
                Err(ApiError::SessionEnded) => {}
                Err(error) => self.not_chosen.set(Some(error)),
            }
            self.send_if_wanted();
        });
    }

    /// Why a version could not be shown. Subscribes the caller.
    pub fn not_chosen(self) -> Option<ApiError> {
        self.not_chosen.read().clone()
    }

    /// The answer that is being written in a version that is not shown. Subscribes the caller.
    pub fn running_elsewhere(self) -> Option<MessageId> {
        let entry = self.running.entry().filter(|_| self.running.is_elsewhere())?;
        entry.id.clone()
    }

    /// Whether the last message, another version of an earlier one, has not reached the server: what it was to stand beside
    /// is not on the page.
    pub fn hides_stored_version(self) -> bool {
        let is_version = self.last_request.peek().as_ref().is_some_and(|request| request.version_of.is_some());
        is_version && self.last_question().is_some_and(|question| question.id.is_none())
    }

    /// Shows what is stored in place of a version that has not reached the server. The text goes back into the composer.
    pub fn show_stored_version(mut self) {
        let Some(request) = self.last_request.take() else { return };
        self.draft.delivered();
        self.entries.set(vec![]);
        self.phase.set(Phase::Opening);
        self.tasks.start(async move {
            self.load(request.conversation).await;
            let is_known = |entry: &Rc<Entry>| entry.id == request.version_of && *entry.text == *request.message;
            if *self.phase.peek() == Phase::Shown && !self.entries.peek().iter().any(is_known) {
                let files = request.attachments.iter().map(|attachment| {
                    let chars = self.summary_of(attachment).chars;
                    AttachedFile { attachment: attachment.clone(), chars }
                });
                self.draft.edit(&request.message, files.collect());
                self.editing.set(request.version_of);
            }
            dom::focus(COMPOSER);
        });
    }

    /// Puts the messages of the chosen version in place of those shown. Messages that stay are not rendered again.
    pub(super) fn show(mut self, conversation: &Stored) {
        let shown = self.entries.peek().clone();
        let shown: HashMap<_, _> = shown.iter().filter_map(|entry| Some((entry.id.as_ref()?, entry))).collect();
        let ended = conversation.messages.iter().filter(|message| Some(&message.id) != conversation.running.as_ref());
        let entries = ended.map(|message| match shown.get(&message.id) {
            Some(entry) if entry.versions == message.versions && matches!(entry.progress, Progress::Ended(..)) => {
                (*entry).clone()
            }
            Some(entry) => Rc::new(Entry::of_message(entry.key, message)),
            None => Rc::new(Entry::of_message(self.next_key(), message)),
        });
        let entries = entries.collect();
        self.title.set(conversation.title.clone());
        self.entries.set(entries);
    }

    /// Reads the answer that is being written, in whichever version.
    pub(super) fn follow_running(self, conversation: &Stored) {
        let read = self.running.id();
        match (&conversation.running, &conversation.running_elsewhere) {
            (Some(answer), _) if read.as_ref() == Some(answer) => self.running.set_elsewhere(false),
            (None, Some(answer)) if read.as_ref() == Some(answer) => self.running.set_elsewhere(true),
            (Some(answer), _) => {
                self.running.leave();
                self.read(Call::follow(answer.clone()));
            }
            (None, Some(answer)) => {
                self.running.leave();
                self.read_elsewhere(Call::follow(answer.clone()));
            }
            // It has ended, and is among the messages.
            (None, None) => self.running.leave(),
        }
        self.show_versions_of_running(conversation);
    }

    /// Asks the server which versions there are, now that there is one more.
    pub(super) fn load_versions(self) {
        let Some(id) = self.id.peek().clone() else { return };
        self.tasks.start(async move {
            let name = Some(id.to_string());
            let endpoint =
                |token| api::conversations::conversation(name.clone(), Authorized::new(token, dpop_key::sign, ()));
            let Ok(Answer(conversation)) = self.auth.call(endpoint).await else { return };
            if self.id.peek().as_ref() == Some(&id) {
                self.show_versions(&conversation);
            }
        });
    }

    fn show_versions(mut self, conversation: &Stored) {
        let versions: HashMap<_, _> =
            conversation.messages.iter().map(|message| (&message.id, &message.versions)).collect();
        let updated = |entry: &Rc<Entry>| match entry.id.as_ref().and_then(|id| versions.get(id)) {
            Some(versions) if entry.versions != **versions => {
                Rc::new(Entry { versions: (*versions).clone(), ..(**entry).clone() })
            }
            _ => entry.clone(),
        };
        let entries: Vec<_> = self.entries.peek().iter().map(updated).collect();
        if *self.entries.peek() != entries {
            self.entries.set(entries);
        }
        self.show_versions_of_running(conversation);
    }

    fn show_versions_of_running(self, conversation: &Stored) {
        let running = self.running.id();
        if let Some(message) = conversation.messages.iter().find(|message| Some(&message.id) == running.as_ref()) {
            self.running.set_versions(&message.versions);
        }
    }
}
