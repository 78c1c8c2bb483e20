//! Drafts in this tab's storage, encrypted. What is typed is in memory at once, and in storage some milliseconds later.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen_futures::spawn_local;

use super::draft_cipher::DraftCipher;
use crate::{client::platform::browser, wire::auth::DraftKey};

const NAME: &str = "oracle-ai.draft";

/// Leaves nothing of anybody's.
pub fn forget() {
    browser::forget(NAME);
}

/// Of one person.
#[derive(Clone)]
pub struct DraftStorage(Rc<Shared>);

struct Shared {
    cipher: DraftCipher,
    /// What is to be written next; `None` inside is to be removed.
    next: RefCell<Option<Option<String>>>,
    is_writing: Cell<bool>,
}

impl DraftStorage {
    pub async fn open(key: &DraftKey) -> Option<Self> {
        let cipher = DraftCipher::new(key).await?;
        Some(Self(Rc::new(Shared { cipher, next: RefCell::default(), is_writing: Cell::default() })))
    }

    /// What this person has left; somebody else's is removed.
    pub async fn read(&self) -> Option<String> {
        let text = self.0.cipher.decrypt(&browser::kept(NAME)?).await;
        if text.is_none() {
            forget();
        }
        text
    }

    /// Writes this, or removes what is there, unless something newer has come meanwhile. `may_write` is asked when it is
    /// encrypted: a person who has signed out by then leaves nothing.
    pub fn write(&self, text: Option<String>, may_write: impl Fn() -> bool + 'static) {
        let shared = self.0.clone();
        shared.next.replace(Some(text));
        if shared.is_writing.replace(true) {
            return;
        }
        // Not by the page, which may be gone before this is over.
        spawn_local(async move {
            while let Some(text) = shared.next.take() {
                let encrypted = match text {
                    Some(text) => shared.cipher.encrypt(&text).await,
                    None => None,
                };
                match encrypted {
                    _ if !may_write() => {}
                    Some(encrypted) => browser::keep(NAME, &encrypted),
                    None => forget(),
                }
            }
            shared.is_writing.set(false);
        });
    }
}
