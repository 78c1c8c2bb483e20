//! Drafts in this tab's session storage, encrypted.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::draft_cipher::DraftCipher;
use crate::{
    client::platform::{tasks::spawn_detached, web_storage::SESSION_STORAGE},
    wire::auth::DraftKey,
};

const NAME: &str = "oracle-ai.draft";

/// Removes the drafts, whose they are.
pub fn remove() {
    SESSION_STORAGE.remove(NAME);
}

/// The drafts of one person.
#[derive(Clone)]
pub struct DraftStorage(Rc<Shared>);

struct Shared {
    cipher: DraftCipher,
    /// The text to be written next; `Some(None)` removes the stored one.
    next: RefCell<Option<Option<String>>>,
    is_writing: Cell<bool>,
}

impl DraftStorage {
    pub async fn open(key: &DraftKey) -> Option<Self> {
        let cipher = DraftCipher::new(key).await?;
        Some(Self(Rc::new(Shared { cipher, next: RefCell::default(), is_writing: Cell::default() })))
    }

    /// The stored text of this person. That of another person is removed.
    pub async fn read(&self) -> Option<String> {
        let text = self.0.cipher.decrypt(&SESSION_STORAGE.get(NAME)?).await;
        if text.is_none() {
            remove();
        }
        text
    }

    /// Stores the text, or removes the stored one for `None`. `may_write` is called once the text is encrypted: nothing may
    /// be stored for a person who has signed out by then.
    pub fn write(&self, text: Option<String>, may_write: impl Fn() -> bool + 'static) {
        let shared = self.0.clone();
        shared.next.replace(Some(text));
        if shared.is_writing.replace(true) {
            return;
        }
        // Detached: the page may be gone before this is done.
        spawn_detached(async move {
            while let Some(text) = shared.next.take() {
                let encrypted = match text {
                    Some(text) => shared.cipher.encrypt(&text).await,
                    None => None,
                };
                match encrypted {
                    _ if !may_write() => {}
                    Some(encrypted) => SESSION_STORAGE.set(NAME, &encrypted),
                    None => remove(),
                }
            }
            shared.is_writing.set(false);
        });
    }
}
