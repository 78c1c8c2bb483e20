//! What the person is typing, and what they have sent while the server has not taken it yet: kept for the tab, so that
//! a sign-in on the way loses neither.

use std::hash::{DefaultHasher, Hash, Hasher};

use dioxus::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{client::browser, wire::auth::UserClaims};

const NAME: &str = "oracle-ai.draft";

/// Leaves nothing of anybody's.
pub fn forget() {
    browser::forget(NAME);
}

/// As it is kept: for one person, and for nobody who signs in after them.
#[derive(Serialize, Deserialize)]
struct Kept {
    owner: u64,
    typed: String,
    sending: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Draft {
    owner: u64,
    typed: Signal<String>,
    sending: Signal<Option<String>>,
}

impl Draft {
    /// Starts with what was kept for `user`: what was being sent when the page was left is typed again.
    pub fn use_draft(user: &UserClaims) -> Self {
        let draft = Self { owner: owner(user), typed: use_signal(String::new), sending: use_signal(|| None) };
        // In an effect: the server, which renders first, has nothing kept.
        use_effect(move || draft.load());
        draft
    }

    pub fn text(self) -> String {
        self.typed.read().clone()
    }

    pub fn set(mut self, text: String) {
        self.typed.set(text);
        self.keep();
    }

    /// The text, to be sent. Nothing where there is only white space.
    pub fn send(mut self) -> Option<String> {
        let text = self.typed.peek().trim().to_owned();
        if text.is_empty() {
            return None;
        }
        self.typed.set(String::new());
        self.sending.set(Some(text.clone()));
        self.keep();
        Some(text)
    }

    /// The server has taken what was sent.
    pub fn sent(mut self) {
        self.sending.set(None);
        self.keep();
    }

    fn load(mut self) {
        let kept = browser::kept(NAME).and_then(|json| serde_json::from_str::<Kept>(&json).ok());
        match kept {
            Some(kept) if kept.owner == self.owner => {
                let texts = kept.sending.into_iter().chain(Some(kept.typed).filter(|text| !text.is_empty()));
                self.typed.set(texts.collect::<Vec<_>>().join("\n"));
                self.keep();
            }
            _ => forget(),
        }
    }

    fn keep(self) {
        let (typed, sending) = (self.typed.peek().clone(), self.sending.peek().clone());
        if typed.is_empty() && sending.is_none() {
            return forget();
        }
        if let Ok(json) = serde_json::to_string(&Kept { owner: self.owner, typed, sending }) {
            browser::keep(NAME, &json);
        }
    }
}

/// Tells persons apart without keeping who they are.
fn owner(user: &UserClaims) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&user.iss, &user.sub).hash(&mut hasher);
    hasher.finish()
}
