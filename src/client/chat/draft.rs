//! What the person is typing in each conversation, and what they have sent while the server has not taken it yet: kept
//! for the tab as it is typed, so that a reload or a sign-in on the way loses neither. It is kept encrypted, for this
//! person and nobody who uses the browser after them.

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
    client::{
        session::auth::{Auth, AuthState, use_auth},
        ui::hooks::use_effect,
    },
    wire::chat::{ChatRequest, ConversationId},
};

/// Where a conversation that has no name yet keeps its draft.
const NEW: &str = "";

/// As it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// By conversation.
    typed: BTreeMap<String, String>,
    /// What was typed before a question was taken up again, by conversation.
    set_aside: BTreeMap<String, String>,
    sending: Option<Sending>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sending {
    request: ChatRequest,
    /// The person knows that it did not get through: it waits for them, and is not sent by itself.
    failed: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    auth: Auth,
    typed: Signal<String>,
    conversation: CopyValue<String>,
    kept: CopyValue<Kept>,
    /// Once it is open.
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
                kept: CopyValue::new(Kept::default()),
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

    /// Returns when what was kept is there.
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

    /// Shows what was typed in this conversation.
    pub fn open(mut self, id: Option<&ConversationId>) {
        self.conversation.set(id.map_or(NEW, ConversationId::as_str).to_owned());
        self.show();
    }

    pub fn set(mut self, text: String) {
        let conversation = self.conversation.peek().clone();
        match text.is_empty() {
            true => self.kept.write().typed.remove(&conversation),
            false => self.kept.write().typed.insert(conversation, text.clone()),
        };
        self.typed.set(text);
        self.keep();
    }

    /// Takes up `question` again; what is typed is set aside until it is sent or left.
    pub fn take_up(mut self, question: &str) {
        let (conversation, typed) = (self.conversation.peek().clone(), self.typed.peek().clone());
        if !typed.trim().is_empty() {
            self.kept.write().set_aside.entry(conversation).or_insert(typed);
        }
        self.set(question.to_owned());
    }

    /// Gives back what was set aside, or an empty field.
    pub fn put_down(mut self) {
        let conversation = self.conversation.peek().clone();
        let set_aside = self.kept.write().set_aside.remove(&conversation);
        self.set(set_aside.unwrap_or_default());
    }

    /// Keeps what is being sent, in its conversation.
    pub fn sending(mut self, request: &ChatRequest) {
        self.kept.write().sending = Some(Sending { request: request.clone(), failed: false });
        self.put_down();
        self.conversation.set(request.conversation.as_str().to_owned());
        self.keep();
    }

    /// The server has taken what was sent.
    pub fn sent(mut self) {
        if self.kept.peek().sending.is_some() {
            self.kept.write().sending = None;
            self.keep();
        }
    }

    /// It did not get through, and the person knows.
    pub fn failed(mut self) {
        if let Some(sending) = &mut self.kept.write().sending {
            sending.failed = true;
        }
        self.keep();
    }

    /// What was on its way to this conversation when the page was left.
    pub fn unsent(self, conversation: &ConversationId) -> Option<ChatRequest> {
        let kept = self.kept.peek();
        let sending = kept.sending.as_ref().filter(|sending| !sending.failed)?;
        (sending.request.conversation == *conversation).then(|| sending.request.clone())
    }

    async fn load(mut self) {
        let key = match &*self.auth.state.peek() {
            AuthState::SignedIn(signed_in) => signed_in.draft_key.clone(),
            AuthState::Unknown | AuthState::SignedOut => return,
        };
        // Without it, nothing is kept.
        let Some(storage) = DraftStorage::open(&key).await else { return };
        let kept = storage.read().await.and_then(|json| serde_json::from_str::<Kept>(&json).ok());
        self.storage.set(Some(storage));
        let since = self.kept.take();
        let has_typed = since != Kept::default();
        self.kept.set(kept.unwrap_or_default().with_failed_typed().with(since));
        self.show();
        if has_typed {
            self.keep();
        }
    }

    fn show(mut self) {
        let typed = self.kept.peek().typed.get(&*self.conversation.peek()).cloned();
        self.typed.set(typed.unwrap_or_default());
    }

    fn keep(self) {
        // Before it is open, there is nothing that could be lost but by a reload in the same instant.
        let Some(storage) = self.storage.peek().clone() else { return };
        let kept = self.kept.peek();
        let is_empty = *kept == Kept::default();
        let json = if is_empty { None } else { serde_json::to_string(&*kept).ok() };
        let auth = self.auth;
        storage.write(json, move || *auth.state.peek() != AuthState::SignedOut);
    }
}

impl Kept {
    /// What failed before the page was left is typed again, before anything typed since.
    fn with_failed_typed(mut self) -> Self {
        if let Some(Sending { request, .. }) = self.sending.take_if(|sending| sending.failed) {
            let typed = self.typed.entry(request.conversation.as_str().to_owned()).or_default();
            *typed = [request.message.as_str(), typed.as_str()].join("\n").trim_end().to_owned();
        }
        self
    }

    /// With what was typed before this was read.
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
    fn what_failed_is_typed_again_before_what_was_typed_since() {
        let request = ChatRequest {
            conversation: ConversationId::new("c"),
            message: "first".into(),
            idempotency_key: IdempotencyKey::new("k"),
            replaces: None,
        };
        let typed = BTreeMap::from([("c".to_owned(), "second".to_owned())]);
        let kept = Kept { typed, sending: Some(Sending { request, failed: true }), ..Kept::default() };
        let again = kept.clone().with_failed_typed();
        assert_eq!(again.typed["c"], "first\nsecond");
        assert_eq!(again.sending, None);
    }

    #[test]
    fn what_is_typed_before_the_storage_is_open_replaces_only_what_was_kept_in_the_same_place() {
        let typed = |texts: &[(&str, &str)]| Kept {
            typed: texts.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect(),
            ..Kept::default()
        };
        let kept = typed(&[("a", "old"), ("b", "kept")]);
        assert_eq!(kept.with(typed(&[("a", "new")])), typed(&[("a", "new"), ("b", "kept")]));
    }
}
