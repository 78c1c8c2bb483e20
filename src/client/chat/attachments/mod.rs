//! Files that are attached to the message which is being written, by conversation. Like the text, they survive a reload.
//!
//! | file | |
//! |---|---|
//! | `file` | one of them, and why one is refused |
//! | `reading` | reads what the person offers |
//! | `decode`, `html` | the text in a file's bytes, and in an HTML report |
//! | `sections` | the sections of a text, to choose from |
//! | `stored` | the files of stored questions |
//! | `kept` | keeps them in this tab's storage |

mod decode;
mod file;
mod html;
mod kept;
mod reading;
pub mod sections;
pub mod stored;

use std::{collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;

pub use self::file::{AttachedFile, Refusal, limits};
use self::kept::{Files, KeptFiles};
use super::tasks::Tasks;
use crate::{
    client::session::Auth,
    wire::{
        attachments::{Attachment, Part, room_for_files, shares},
        auth::DraftKey,
    },
};

/// A longer text that is pasted, in UTF-16 units, becomes a file.
pub const LONG_PASTE: usize = 4_000;

#[derive(Clone, Copy, PartialEq)]
pub struct Attachments {
    auth: Auth,
    tasks: Tasks,
    conversation: Signal<String>,
    files: Signal<Files>,
    /// Files of the message that was sent and not delivered yet.
    sending: CopyValue<Vec<Attachment>>,
    /// Files that are being read.
    reading: Signal<usize>,
    refusals: Signal<Vec<Refusal>>,
    /// Whether they are too long to be stored in this browser.
    is_not_kept: Signal<bool>,
    storage: CopyValue<Option<KeptFiles>>,
}

impl Attachments {
    /// To be called in a hook.
    pub fn new(auth: Auth, tasks: Tasks) -> Self {
        Self {
            auth,
            tasks,
            conversation: Signal::new(String::new()),
            files: Signal::new(Files::default()),
            sending: CopyValue::new(vec![]),
            reading: Signal::new(0),
            refusals: Signal::new(vec![]),
            is_not_kept: Signal::new(false),
            storage: CopyValue::new(None),
        }
    }

    /// Of the conversation shown. Subscribes the caller.
    pub fn shown(self) -> Vec<Rc<AttachedFile>> {
        self.files.read().of(&self.conversation.read())
    }

    /// How many characters of each are sent with a question of this length, to a model that is sent so long a history.
    pub fn shares(self, question_chars: usize, history_chars: usize) -> Vec<usize> {
        let lengths: Vec<usize> = self.shown().iter().map(|file| file.chosen_chars()).collect();
        shares(&lengths, room_for_files(history_chars, question_chars, lengths.len()))
    }

    /// Subscribes the caller.
    pub fn is_reading(self) -> bool {
        *self.reading.read() > 0
    }

    /// What was not attached, and why. Subscribes the caller.
    pub fn refusals(self) -> Vec<Refusal> {
        self.refusals.read().clone()
    }

    pub fn is_kept(self) -> bool {
        !*self.is_not_kept.read()
    }

    pub fn dismiss_refusals(mut self) {
        self.refusals.set(vec![]);
    }

    pub fn remove(self, index: usize) {
        self.change(|files| {
            if index < files.len() {
                files.remove(index);
            }
        });
    }

    pub fn rename(self, index: usize, name: &str) {
        let name = file::name_of(name);
        self.replace(index, |attachment| attachment.name = name);
    }

    pub fn choose(self, index: usize, parts: Vec<Part>) {
        self.replace(index, |attachment| attachment.parts = parts);
    }

    /// Shows those of this conversation.
    pub(super) fn open(mut self, conversation: &str) {
        self.conversation.set(conversation.to_owned());
        self.dismiss_refusals();
    }

    /// Those shown belong to this conversation from now on, which is shown.
    pub(super) fn move_to(mut self, conversation: &str) {
        let before = self.conversation.replace(conversation.to_owned());
        let files = self.files.peek().of(&before);
        self.change_of(&before, Vec::clear);
        self.change_of(conversation, |moved| moved.extend(files));
    }

    /// Puts the files of a question in the place of those shown, which are set aside.
    pub(super) fn edit(mut self, question: Vec<AttachedFile>) {
        let conversation = self.conversation.peek().clone();
        self.files.write().edit(&conversation, question);
        self.store();
    }

    /// Restores those that were set aside, or removes all that are shown.
    pub(super) fn restore(mut self) {
        let conversation = self.conversation.peek().clone();
        self.files.write().restore(&conversation);
        self.dismiss_refusals();
        self.store();
    }

    /// Those of the message that waits. Subscribes the caller.
    pub fn queued(self) -> Vec<Rc<AttachedFile>> {
        self.files.read().queued(&self.conversation.read())
    }

    /// The names of those of the message that waits in this conversation.
    pub(super) fn queued_names(self, conversation: &str) -> Vec<String> {
        self.files.peek().queued(conversation).iter().map(|file| file.attachment.name.clone()).collect()
    }

    /// Attaches those again that wait in a conversation where no message does.
    pub(super) fn unqueue_unless(mut self, waits: impl Fn(&str) -> bool) {
        let conversations = self.files.peek().with_queued();
        for conversation in conversations.iter().filter(|conversation| !waits(conversation)) {
            self.files.write().unqueue(conversation);
        }
        self.store();
    }

    /// Those shown wait with the message.
    pub(super) fn queue(mut self) {
        self.files.write().queue(&self.conversation.peek());
        self.dismiss_refusals();
        self.store();
    }

    /// Those that waited are shown again.
    pub(super) fn unqueue(mut self) {
        self.files.write().unqueue(&self.conversation.peek());
        self.store();
    }

    /// They no longer wait. They stay in storage until something else is stored.
    pub(super) fn take_queued(mut self) -> Vec<Attachment> {
        let files = self.files.write().take_queued(&self.conversation.peek());
        files.iter().map(|file| file.attachment.clone()).collect()
    }

    pub(super) fn remove_queued(self) {
        self.take_queued();
        self.store();
    }

    /// Whether those shown are within the limits together, which those of a message that waited may exceed. If not, the page
    /// says which ones are too many.
    pub fn can_be_sent(mut self) -> bool {
        let files = self.files.peek().of(&self.conversation.peek());
        let limits = limits().attachments;
        let (mut before, mut refusals) = (vec![], vec![]);
        for file in files {
            refusals.extend(file::refusal(&file, &before, limits));
            before.push(file.chars);
        }
        let can_be_sent = refusals.is_empty();
        if !can_be_sent {
            self.refusals.set(refusals);
        }
        can_be_sent
    }

    /// Those to be sent.
    pub fn to_send(self) -> Vec<Attachment> {
        let files = self.files.peek().of(&self.conversation.peek());
        files.iter().map(|file| file.attachment.clone()).collect()
    }

    pub(super) fn set_sending(mut self, files: Vec<Attachment>) {
        self.sending.set(files);
        self.store();
    }

    pub(super) fn sending(self) -> Vec<Attachment> {
        self.sending.peek().clone()
    }

    /// Reads those of this person that are stored. Those that failed to be sent are attached again to this conversation.
    pub(super) async fn load(mut self, key: &DraftKey, failed: Option<&str>) {
        let Some(storage) = KeptFiles::open(key).await else { return };
        let (mut files, sending) = storage.read().await;
        match failed {
            Some(conversation) => files.attach(conversation, sending),
            None if self.sending.peek().is_empty() => self.sending.set(sending),
            None => {}
        }
        self.storage.set(Some(storage));
        let since = self.files.take();
        self.files.set(files.with(since));
        self.store();
    }

    fn replace(self, index: usize, change: impl FnOnce(&mut Attachment)) {
        self.change(|files| {
            if let Some(file) = files.get_mut(index) {
                let mut changed = (**file).clone();
                change(&mut changed.attachment);
                *file = Rc::new(changed);
            }
        });
    }

    fn change(self, change: impl FnOnce(&mut Vec<Rc<AttachedFile>>)) {
        let conversation = self.conversation.peek().clone();
        self.change_of(&conversation, change);
    }

    fn change_of(mut self, conversation: &str, change: impl FnOnce(&mut Vec<Rc<AttachedFile>>)) {
        self.files.write().change(conversation, change);
        self.dismiss_refusals();
        self.store();
    }

    fn store(mut self) {
        // What is attached before the storage is open is stored once it is.
        let Some(storage) = self.storage.peek().clone() else { return };
        let auth = self.auth;
        let is_kept = storage.write(&self.files.peek(), &self.sending.peek(), move || !auth.is_signed_out());
        if *self.is_not_kept.peek() == is_kept {
            self.is_not_kept.set(!is_kept);
        }
    }
}

/// Files by conversation, as [`BTreeMap`]s of shared files.
pub(super) type ByConversation = BTreeMap<String, Vec<Rc<AttachedFile>>>;
