//! `localStorage`: values that all tabs of this browser share, until the person clears them. A storage that is full or
//! disabled costs a convenience only, so its errors are ignored.

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

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}
