//! What the person has typed in each conversation, and the message that was sent and not delivered yet. Both are stored
//! for this tab, so that they survive a reload and a sign-in; encrypted, so that nobody who uses the browser later can
//! read them.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use serde::{Deserialize, Serialize};

use super::draft_storage::DraftStorage;
use crate::{
    client::session::{Auth, use_auth},
    wire::chat::{ChatRequest, ConversationId},
};

/// The key of the draft of a conversation that has no id yet.
const NEW: &str = "";

/// As it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Drafts {
    /// By conversation.
    typed: BTreeMap<String, String>,
    /// What was typed before a question was edited, by conversation.
    set_aside: BTreeMap<String, String>,
    sending: Option<Sending>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sending {
    request: ChatRequest,
    /// The person has been shown that it was not delivered: it is not sent again automatically.
    failed: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    auth: Auth,
    typed: Signal<String>,
    conversation: CopyValue<String>,
    drafts: CopyValue<Drafts>,
    /// `None` until it is open.
    storage: CopyValue<Option<DraftStorage>>,
    loading: CopyValue<Loading>,
}

type Loading = Shared<LocalBoxFuture<'static, ()>>;

impl Draft {
    pub fn use_draft() -> Self {
        let auth = use_auth();
        let (draft, loaded) = use_hook(|| {
            let (loaded, loading) = oneshot::channel::<()>();
            let draft = Self {
                auth,
                typed: Signal::new(String::new()),
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
        draft
    }

    /// Returns once the stored drafts are loaded.
    pub async fn loaded(self) {
        let loading = self.loading.peek().clone();
        loading.await;
    }

    /// Subscribes the caller.
    pub fn text(self) -> String {
        self.typed.read().clone()
    }

    pub fn is_empty(self) -> bool {
        self.typed.peek().trim().is_empty()
    }

    /// Shows the draft of this conversation.
    pub fn open(mut self, id: Option<&ConversationId>) {
        self.conversation.set(id.map_or(NEW, ConversationId::as_str).to_owned());
        self.show();
    }

    pub fn set(mut self, text: String) {
        let conversation = self.conversation.peek().clone();
        match text.is_empty() {
            true => self.drafts.write().typed.remove(&conversation),
            false => self.drafts.write().typed.insert(conversation, text.clone()),
        };
        self.typed.set(text);
        self.store();
    }

    /// Puts `question` in the place of the draft, which is set aside.
    pub fn edit(mut self, question: &str) {
        let (conversation, typed) = (self.conversation.peek().clone(), self.typed.peek().clone());
        if !typed.trim().is_empty() {
            self.drafts.write().set_aside.entry(conversation).or_insert(typed);
        }
        self.set(question.to_owned());
    }

    /// Restores the draft that was set aside, or clears the field.
    pub fn restore(mut self) {
        let conversation = self.conversation.peek().clone();
        let set_aside = self.drafts.write().set_aside.remove(&conversation);
        self.set(set_aside.unwrap_or_default());
    }

    /// Stores the message that is being sent, in its conversation.
    pub fn sending(mut self, request: &ChatRequest) {
        self.drafts.write().sending = Some(Sending { request: request.clone(), failed: false });
        self.restore();
        self.conversation.set(request.conversation.as_str().to_owned());
        self.store();
    }

    /// The server has stored the message.
    pub fn delivered(mut self) {
        if self.drafts.peek().sending.is_some() {
            self.drafts.write().sending = None;
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

    /// The message that was being sent to this conversation when the page was left.
    pub fn undelivered(self, conversation: &ConversationId) -> Option<ChatRequest> {
        let drafts = self.drafts.peek();
        let sending = drafts.sending.as_ref().filter(|sending| !sending.failed)?;
        (sending.request.conversation == *conversation).then(|| sending.request.clone())
    }

    async fn load(mut self) {
        let Some(key) = self.auth.draft_key() else { return };
        // Without WebCrypto, nothing is stored.
        let Some(storage) = DraftStorage::open(&key).await else { return };
        let stored = storage.read().await.and_then(|json| serde_json::from_str::<Drafts>(&json).ok());
        self.storage.set(Some(storage));
        let since = self.drafts.take();
        let has_typed = since != Drafts::default();
        self.drafts.set(stored.unwrap_or_default().with_failed_as_draft().with(since));
        self.show();
        if has_typed {
            self.store();
        }
    }

    fn show(mut self) {
        let typed = self.drafts.peek().typed.get(&*self.conversation.peek()).cloned();
        self.typed.set(typed.unwrap_or_default());
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

impl Drafts {
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
            replaces: None,
        };
        let typed = BTreeMap::from([("c".to_owned(), "second".to_owned())]);
        let drafts = Drafts { typed, sending: Some(Sending { request, failed: true }), ..Drafts::default() };
        let again = drafts.clone().with_failed_as_draft();
        assert_eq!(again.typed["c"], "first\nsecond");
        assert_eq!(again.sending, None);
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
