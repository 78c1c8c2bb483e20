//! What the person is typing in each conversation, and what they have sent while the server has not taken it yet: kept
//! for the tab as it is typed, so that a reload or a sign-in on the way loses neither.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use dioxus::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    client::{browser, hooks::use_effect},
    wire::{
        auth::UserClaims,
        chat::{ChatRequest, ConversationId},
    },
};

const NAME: &str = "oracle-ai.draft";

/// Where a conversation that has no name yet keeps its draft.
const NEW: &str = "";

/// Leaves nothing of anybody's.
pub fn forget() {
    browser::forget(NAME);
}

/// As it is kept: for one person, and for nobody who signs in after them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    owner: u64,
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
    typed: Signal<String>,
    conversation: CopyValue<String>,
    kept: CopyValue<Kept>,
}

impl Draft {
    pub fn use_draft(user: &UserClaims) -> Self {
        let owner = owner(user);
        let draft = use_hook(|| Self {
            typed: Signal::new(String::new()),
            conversation: CopyValue::new(NEW.to_owned()),
            kept: CopyValue::new(Kept { owner, ..Kept::default() }),
        });
        // In the order in which the page is made ready: before any conversation is opened.
        use_effect(move || draft.load(owner));
        draft
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

    fn load(mut self, owner: u64) {
        let kept = browser::kept(NAME).and_then(|json| serde_json::from_str::<Kept>(&json).ok());
        match kept {
            Some(kept) if kept.owner == owner => {
                self.kept.set(kept.with_failed_typed());
                self.show();
            }
            _ => forget(),
        }
    }

    fn show(mut self) {
        let typed = self.kept.peek().typed.get(&*self.conversation.peek()).cloned();
        self.typed.set(typed.unwrap_or_default());
    }

    fn keep(self) {
        let kept = self.kept.peek();
        if kept.typed.is_empty() && kept.set_aside.is_empty() && kept.sending.is_none() {
            return forget();
        }
        if let Ok(json) = serde_json::to_string(&*kept) {
            browser::keep(NAME, &json);
        }
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
}

/// Tells persons apart without keeping who they are.
fn owner(user: &UserClaims) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&user.iss, &user.sub).hash(&mut hasher);
    hasher.finish()
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
}
