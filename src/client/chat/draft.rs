//! What the person has typed in each conversation, and the message that was sent and not delivered yet. Both are stored
//! for this tab, so that they survive a reload and a sign-in; encrypted, so that nobody who uses the browser later can
//! read them.
//!
//! | file | |
//! |---|---|
//! | `measure` | the measures of a text that is being written |
//! | `queue` | the message that waits for the end of the running answer |
//! | `stored` | what is stored |

mod measure;
mod queue;
mod stored;

use std::{pin::pin, rc::Rc, time::Duration};

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, Shared},
};

pub use self::{measure::Measure, queue::Queued};
use self::{
    measure::SHORT,
    stored::{Drafts, Sending},
};
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
    wire::chat::{ChatRequest, ConversationId},
};

/// The key of the draft of a conversation that has no id yet.
const NEW: &str = "";

const PAUSE: Duration = Duration::from_millis(250);

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
        self.attachments.load(&key, stored.as_ref().and_then(Drafts::failed_conversation)).await;
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
        let is_short = self.drafts.peek().size() <= SHORT;
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
