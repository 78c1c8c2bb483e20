//! `sessionStorage`: values of this tab, until it is closed. A storage that is full or disabled costs a convenience only,
//! so its errors are ignored.

use web_sys::{Storage, window};

pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

pub fn set(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

pub fn remove(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

/// Removes every value, of whichever part of the app.
pub fn clear() {
    if let Some(storage) = storage() {
        let _ = storage.clear();
    }
}

fn storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}
