//! Drafts and their files in this tab's session storage, encrypted.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::draft_cipher::DraftCipher;
use crate::{
    client::platform::{tasks::spawn_detached, web_storage::SESSION_STORAGE},
    wire::auth::DraftKey,
};

/// Where texts are.
pub const TEXTS: &str = "oracle-ai.draft";
/// Where their files are: apart, so that they are not written at each key.
pub const FILES: &str = "oracle-ai.files";

/// Removes the drafts, whose they are.
pub fn remove() {
    SESSION_STORAGE.remove(TEXTS);
    SESSION_STORAGE.remove(FILES);
}

/// The drafts of one person.
#[derive(Clone)]
pub struct DraftStorage(Rc<Shared>);

struct Shared {
    name: &'static str,
    cipher: DraftCipher,
    /// The text to be written next; `Some(None)` removes the stored one.
    next: RefCell<Option<Option<String>>>,
    is_writing: Cell<bool>,
}

impl DraftStorage {
    /// What is stored with this name.
    pub async fn open(name: &'static str, key: &DraftKey) -> Option<Self> {
        let cipher = DraftCipher::new(key).await?;
        Some(Self(Rc::new(Shared { name, cipher, next: RefCell::default(), is_writing: Cell::default() })))
    }

    /// The stored text of this person. That of another person is removed.
    pub async fn read(&self) -> Option<String> {
        let text = self.0.cipher.decrypt(&SESSION_STORAGE.get(self.0.name)?).await;
        if text.is_none() {
            SESSION_STORAGE.remove(self.0.name);
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
                    Some(encrypted) => SESSION_STORAGE.set(shared.name, &encrypted),
                    None => SESSION_STORAGE.remove(shared.name),
                }
            }
            shared.is_writing.set(false);
        });
    }
}
