//! Web Storage. A storage that is full or disabled costs a convenience only, so its errors are ignored.

use web_sys::{Storage, Window, window};

pub struct WebStorage(fn(&Window) -> Option<Storage>);

/// Values that all tabs of this browser share, until the person clears them.
pub const LOCAL_STORAGE: WebStorage = WebStorage(|window| window.local_storage().ok()?);

/// Values of this tab, until it is closed.
pub const SESSION_STORAGE: WebStorage = WebStorage(|window| window.session_storage().ok()?);

impl WebStorage {
    pub fn get(&self, name: &str) -> Option<String> {
        self.storage()?.get_item(name).ok()?
    }

    pub fn set(&self, name: &str, value: &str) {
        if let Some(storage) = self.storage() {
            let _ = storage.set_item(name, value);
        }
    }

    pub fn remove(&self, name: &str) {
        if let Some(storage) = self.storage() {
            let _ = storage.remove_item(name);
        }
    }

    /// Removes every value, of whichever part of the app.
    pub fn clear(&self) {
        if let Some(storage) = self.storage() {
            let _ = storage.clear();
        }
    }

    fn storage(&self) -> Option<Storage> {
        (self.0)(&window()?)
    }
}
