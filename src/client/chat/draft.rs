//! What the person has typed in each conversation, and the message that was sent and not delivered yet. Both are stored
//! for this tab, so that they survive a reload and a sign-in; encrypted, so that nobody who uses the browser later can
//! read them.

mod queue;

pub use queue::Queued;

use std::{collections::BTreeMap, mem, pin::pin, rc::Rc, time::Duration};

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, Shared},
};
use serde::{Deserialize, Serialize};

use super::{
    attachments::{AttachedFile, Attachments},
    draft_storage::{DraftStorage, TEXTS},
    element_ids::COMPOSER,
    tasks::Tasks,
};
use crate::{
    client::{
        platform::{clock, dom, visibility},
        session::{Auth, use_auth},
    },
    wire::{
        attachments::QUESTION_STEP,
        chat::{ChatRequest, ConversationId, MAX_MESSAGE_CHARS},
    },
};

/// The key of the draft of a conversation that has no id yet.
const NEW: &str = "";

/// Up to this length, in UTF-16 units or bytes, a text is read and stored at each key; no message that can be sent has more
/// units. A longer one, such as a pasted megabyte, would delay the key, and is read and stored once the person pauses.
const SHORT: usize = 2 * MAX_MESSAGE_CHARS;

const PAUSE: Duration = Duration::from_millis(250);

/// As it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Drafts {
    /// By conversation.
    typed: BTreeMap<String, String>,
    /// What was typed before a question was edited, by conversation.
    set_aside: BTreeMap<String, String>,
    /// What is sent once the running answer has ended, by conversation.
    #[serde(default)]
    queued: BTreeMap<String, String>,
    /// The names of the files that these have. They are stored apart.
    #[serde(default)]
    queued_files: BTreeMap<String, Vec<String>>,
    sending: Option<Sending>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sending {
    /// Without its files, which are stored apart.
    request: ChatRequest,
    /// How many it has.
    #[serde(default)]
    files: usize,
    /// The person has been shown that it was not delivered: it is not sent again automatically.
    failed: bool,
}

/// The draft of the conversation shown is in the text field, which Dioxus does not control: code that needs the text reads
/// the field first, unless nothing was typed since it was read.
#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    pub attachments: Attachments,
    auth: Auth,
    tasks: Tasks,
    measure: Signal<Measure>,
    /// Of the conversation shown.
    queued: Signal<Option<Rc<str>>>,
    /// Whether the person has typed since the field was read.
    is_unread: CopyValue<bool>,
    /// Counts what was typed: only the last of several pauses ends in reading and storing.
    changes: CopyValue<u64>,
    conversation: CopyValue<String>,
    drafts: CopyValue<Drafts>,
    /// `None` until it is open.
    storage: CopyValue<Option<DraftStorage>>,
    loading: CopyValue<Loading>,
}

type Loading = Shared<LocalBoxFuture<'static, ()>>;

/// What the page has to know of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub is_empty: bool,
    /// Whether there is nothing but white space.
    pub is_blank: bool,
    /// Characters beyond [`MAX_MESSAGE_CHARS`].
    pub over: usize,
    /// Rounded up, so that it does not change with each key.
    pub about_chars: usize,
    pub lines: usize,
    /// Whether it is too long to be read and laid out at each key.
    pub is_long: bool,
}

impl Measure {
    /// More lines are not counted: the field does not grow beyond.
    const MAX_LINES: usize = 12;

    fn of(text: &str) -> Self {
        let message = text.trim();
        let chars = message.chars().count();
        Self {
            is_empty: text.is_empty(),
            is_blank: message.is_empty(),
            over: chars.saturating_sub(MAX_MESSAGE_CHARS),
            about_chars: chars.div_ceil(QUESTION_STEP) * QUESTION_STEP,
            lines: text.split('\n').take(Self::MAX_LINES).count(),
            is_long: text.len() > SHORT,
        }
    }

    pub fn can_be_sent(self) -> bool {
        !self.is_blank && self.over == 0
    }
}

impl Draft {
    pub fn use_draft(tasks: Tasks) -> Self {
        let auth = use_auth();
        let (draft, loaded) = use_hook(|| {
            let (loaded, loading) = oneshot::channel::<()>();
            let draft = Self {
                attachments: Attachments::new(auth, tasks),
                auth,
                tasks,
                measure: Signal::new(Measure::of("")),
                queued: Signal::new(None),
                is_unread: CopyValue::new(false),
                changes: CopyValue::new(0),
                conversation: CopyValue::new(NEW.to_owned()),
                drafts: CopyValue::new(Drafts::default()),
                storage: CopyValue::new(None),
                loading: CopyValue::new(loading.map(|_| ()).boxed_local().shared()),
            };
            (draft, CopyValue::new(Some(loaded)))
        });
        use_effect(move || {
            let mut loaded = loaded;
            let loaded = loaded.take();
            spawn(async move {
                draft.load().await;
                drop(loaded);
            });
        });
        use_future(move || async move {
            let mut hides = pin!(visibility::hides());
            while hides.next().await.is_some() {
                draft.read();
                draft.store();
            }
        });
        draft
    }

    /// Returns once the stored drafts are loaded.
    pub async fn loaded(self) {
        let loading = self.loading.peek().clone();
        loading.await;
    }

    /// Subscribes the caller.
    pub fn measure(self) -> Measure {
        *self.measure.read()
    }

    pub fn text(self) -> String {
        self.read();
        let drafts = self.drafts.peek();
        drafts.typed.get(&*self.conversation.peek()).cloned().unwrap_or_default()
    }

    pub fn is_blank(self) -> bool {
        self.read();
        self.measure.peek().is_blank
    }

    pub fn can_be_sent(self) -> bool {
        self.read();
        self.measure.peek().can_be_sent()
    }

    /// The person has typed something.
    pub fn typed(mut self) {
        self.is_unread.set(true);
        *self.changes.write() += 1;
        if dom::text_length(COMPOSER) <= SHORT {
            return self.read();
        }
        let measure = *self.measure.peek();
        self.set_measure(Measure { is_long: true, ..measure });
        self.after_pause(Self::read);
    }

    /// Shows the draft of this conversation.
    pub fn open(mut self, id: Option<&ConversationId>) {
        self.read();
        self.conversation.set(id.map_or(NEW, ConversationId::as_str).to_owned());
        self.attachments.open(&self.conversation.peek());
        self.show();
    }

    /// Puts a question in the place of the draft, which is set aside.
    pub fn edit(mut self, question: &str, files: Vec<AttachedFile>) {
        self.attachments.edit(files);
        let (typed, conversation) = (self.text(), self.conversation.peek().clone());
        if !typed.trim().is_empty() {
            self.drafts.write().set_aside.entry(conversation).or_insert(typed);
        }
        self.set(question.to_owned());
    }

    /// Restores the draft that was set aside, or clears the field.
    pub fn restore(mut self) {
        self.read();
        self.attachments.restore();
        let conversation = self.conversation.peek().clone();
        let set_aside = self.drafts.write().set_aside.remove(&conversation);
        self.set(set_aside.unwrap_or_default());
    }

    /// Stores the message that is being sent. What is typed stays, and belongs to its conversation now.
    pub fn sending(mut self, request: &ChatRequest) {
        self.read();
        let (files, conversation) = (request.attachments.len(), request.conversation.as_str().to_owned());
        self.attachments.set_sending(request.attachments.clone());
        let request = ChatRequest { attachments: vec![], ..request.clone() };
        self.drafts.write().sending = Some(Sending { request, files, failed: false });
        let before = self.conversation.replace(conversation.clone());
        if before != conversation {
            self.attachments.move_to(&conversation);
            let typed = self.drafts.write().typed.remove(&before);
            self.drafts.write().typed.extend(typed.map(|typed| (conversation, typed)));
        }
        self.store();
    }

    /// The server has stored the message.
    pub fn delivered(mut self) {
        if self.drafts.peek().sending.is_some() {
            self.drafts.write().sending = None;
            self.attachments.set_sending(vec![]);
            self.store();
        }
    }

    /// The message was not delivered, and the person has been shown that.
    pub fn failed(mut self) {
        if let Some(sending) = &mut self.drafts.write().sending {
            sending.failed = true;
        }
        self.store();
    }

    /// The message that was not delivered is sent again once the person has signed in.
    pub fn send_after_sign_in(mut self) {
        if let Some(sending) = &mut self.drafts.write().sending {
            sending.failed = false;
        }
        self.store();
    }

    /// The message that was being sent to this conversation when the page was left.
    pub fn undelivered(self, conversation: &ConversationId) -> Option<ChatRequest> {
        let drafts = self.drafts.peek();
        let sending = drafts.sending.as_ref().filter(|sending| !sending.failed)?;
        let attachments = self.attachments.sending();
        let is_whole = sending.files == attachments.len() && sending.request.conversation == *conversation;
        is_whole.then(|| ChatRequest { attachments, ..sending.request.clone() })
    }

    async fn load(mut self) {
        let Some(key) = self.auth.draft_key() else { return };
        // Without WebCrypto, nothing is stored.
        let Some(storage) = DraftStorage::open(TEXTS, &key).await else { return };
        let stored = storage.read().await.and_then(|json| serde_json::from_str::<Drafts>(&json).ok());
        self.attachments.load(&key, failed_of(stored.as_ref())).await;
        let stored = stored.map(|stored| {
            let sending = self.attachments.sending().len();
            stored.without_lost_files(sending, |conversation| self.attachments.queued_names(conversation))
        });
        self.read();
        self.storage.set(Some(storage));
        let since = self.drafts.take();
        let has_typed = since != Drafts::default();
        self.drafts.set(stored.unwrap_or_default().with_failed_as_draft().with(since));
        self.attachments.unqueue_unless(|conversation| self.drafts.peek().queued.contains_key(conversation));
        self.show();
        if has_typed {
            self.store();
        }
    }

    fn set(self, text: String) {
        self.remember(text);
        self.show();
    }

    /// Puts the draft into the field.
    fn show(mut self) {
        let text = self.drafts.peek().typed.get(&*self.conversation.peek()).cloned().unwrap_or_default();
        dom::set_text(COMPOSER, &text);
        self.is_unread.set(false);
        self.set_measure(Measure::of(&text));
        self.show_queued();
    }

    /// Reads the field, if anything was typed since.
    fn read(mut self) {
        if self.is_unread.replace(false) {
            let text = dom::text(COMPOSER);
            self.set_measure(Measure::of(&text));
            self.remember(text);
        }
    }

    fn set_measure(mut self, measure: Measure) {
        if *self.measure.peek() != measure {
            self.measure.set(measure);
        }
    }

    fn remember(mut self, text: String) {
        let conversation = self.conversation.peek().clone();
        match text.is_empty() {
            true => self.drafts.write().typed.remove(&conversation),
            false => self.drafts.write().typed.insert(conversation, text),
        };
        let is_short = self.drafts.peek().len() <= SHORT;
        if is_short { self.store() } else { self.after_pause(Self::store) }
    }

    /// Calls `then` once nothing was typed for a moment.
    fn after_pause(self, then: impl FnOnce(Self) + 'static) {
        let changes = *self.changes.peek();
        self.tasks.start(async move {
            clock::sleep(PAUSE).await;
            if *self.changes.peek() == changes {
                then(self);
            }
        });
    }

    fn store(self) {
        // What is typed before the storage is open is stored once it is.
        let Some(storage) = self.storage.peek().clone() else { return };
        let drafts = self.drafts.peek();
        let is_empty = *drafts == Drafts::default();
        let json = if is_empty { None } else { serde_json::to_string(&*drafts).ok() };
        let auth = self.auth;
        storage.write(json, move || !auth.is_signed_out());
    }
}

/// The conversation of the message that failed before the page was left.
fn failed_of(drafts: Option<&Drafts>) -> Option<&str> {
    let sending = drafts?.sending.as_ref().filter(|sending| sending.failed)?;
    Some(sending.request.conversation.as_str())
}

impl Drafts {
    /// A message whose files could not be kept is not sent without them: it becomes a draft again.
    fn without_lost_files(mut self, sending: usize, queued: impl Fn(&str) -> Vec<String>) -> Self {
        if let Some(request) = &mut self.sending {
            request.failed |= request.files != sending;
        }
        let is_whole = |(conversation, files): &(String, Vec<String>)| queued(conversation) == *files;
        let (whole, lost): (Vec<_>, Vec<_>) = mem::take(&mut self.queued_files).into_iter().partition(is_whole);
        self.queued_files.extend(whole);
        for (conversation, _) in lost {
            if let Some(text) = self.queued.remove(&conversation) {
                let typed = self.typed.entry(conversation).or_default();
                *typed = queue::before(&text, typed);
            }
        }
        self
    }

    fn queue(&mut self, conversation: String, text: String, files: Vec<String>) {
        if !files.is_empty() {
            self.queued_files.insert(conversation.clone(), files);
        }
        self.queued.insert(conversation, text);
    }

    fn take_queued(&mut self, conversation: &str) -> Option<String> {
        self.queued_files.remove(conversation);
        self.queued.remove(conversation)
    }

    /// In bytes.
    fn len(&self) -> usize {
        let texts = [&self.typed, &self.set_aside, &self.queued];
        texts.into_iter().flat_map(BTreeMap::values).map(String::len).sum()
    }

    /// A message that failed before the page was left becomes a draft again, before what was typed since.
    fn with_failed_as_draft(mut self) -> Self {
        if let Some(Sending { request, .. }) = self.sending.take_if(|sending| sending.failed) {
            let typed = self.typed.entry(request.conversation.as_str().to_owned()).or_default();
            *typed = [request.message.as_str(), typed.as_str()].join("\n").trim_end().to_owned();
        }
        self
    }

    /// With what was typed before the storage was read.
    fn with(mut self, since: Self) -> Self {
        self.typed.extend(since.typed);
        self.set_aside.extend(since.set_aside);
        self.queued.extend(since.queued);
        self.queued_files.extend(since.queued_files);
        self.sending = since.sending.or(self.sending);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::chat::IdempotencyKey;

    #[test]
    fn a_message_that_failed_becomes_a_draft_before_what_was_typed_since() {
        let request = ChatRequest {
            conversation: ConversationId::new("c"),
            message: "first".into(),
            idempotency_key: IdempotencyKey::new("k"),
            version_of: None,
            after: None,
            attachments: vec![],
            model: None,
        };
        let typed = BTreeMap::from([("c".to_owned(), "second".to_owned())]);
        let drafts = Drafts { typed, sending: Some(Sending { request, files: 0, failed: true }), ..Drafts::default() };
        let again = drafts.clone().with_failed_as_draft();
        assert_eq!(again.typed["c"], "first\nsecond");
        assert_eq!(again.sending, None);
    }

    #[test]
    fn a_queued_message_whose_files_are_lost_becomes_a_draft_before_what_was_typed_since() {
        let drafts = || {
            let mut drafts = Drafts { typed: BTreeMap::from([("c".into(), "second".into())]), ..Drafts::default() };
            drafts.queue("c".into(), "first".into(), vec!["a".into(), "b".into()]);
            drafts
        };
        let lost = drafts().without_lost_files(0, |_| vec!["a".into()]);
        assert_eq!((&*lost.typed["c"], lost.queued.len(), lost.queued_files.len()), ("first\n\nsecond", 0, 0));
        assert_eq!(drafts().without_lost_files(0, |_| vec!["a".into(), "b".into()]), drafts());
    }

    #[test]
    fn a_message_is_measured_without_the_white_space_around_it() {
        let most = "é".repeat(MAX_MESSAGE_CHARS);
        assert!(Measure::of(&format!(" {most}\n")).can_be_sent());
        assert_eq!(Measure::of(&format!("{most}ab")).over, 2);
        assert!(!Measure::of(&format!("{most}a")).can_be_sent());
        let blank = Measure::of(" \n ");
        assert!(blank.is_blank && !blank.is_empty && !blank.can_be_sent());
    }

    #[test]
    fn the_lines_of_a_text_are_counted_up_to_the_height_of_the_field() {
        let lines = |text: &str| Measure::of(text).lines;
        assert_eq!((lines(""), lines("a"), lines("a\n"), lines("a\nb"), lines(&"\n".repeat(99))), (1, 1, 2, 2, 12));
    }

    #[test]
    fn what_is_typed_before_the_storage_is_open_replaces_only_the_draft_of_the_same_conversation() {
        let typed = |texts: &[(&str, &str)]| Drafts {
            typed: texts.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect(),
            ..Drafts::default()
        };
        let stored = typed(&[("a", "old"), ("b", "stored")]);
        assert_eq!(stored.with(typed(&[("a", "new")])), typed(&[("a", "new"), ("b", "stored")]));
    }
}
