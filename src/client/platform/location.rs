//! The page's URL and origin, and navigation away from the app.

use wasm_bindgen::JsValue;
use web_sys::{Location, window};

/// `/path?query#fragment`
pub fn current_url() -> String {
    let Some(location) = location() else { return "/".into() };
    [location.pathname(), location.search(), location.hash()].into_iter().flatten().collect()
}

pub fn origin() -> String {
    location().and_then(|location| location.origin().ok()).unwrap_or_default()
}

pub fn path() -> String {
    location().and_then(|location| location.pathname().ok()).unwrap_or_default()
}

/// The query with its `?`, or an empty string.
pub fn query() -> String {
    location().and_then(|location| location.search().ok()).unwrap_or_default()
}

/// Replaces the URL in the address bar and in the history, without loading anything.
pub fn replace_url(url: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        // Fails only for a URL of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(url));
    }
}

/// Leaves the app for another page. It replaces this one in the history, so that the Back button does not lead to a page
/// that would redirect again.
pub fn leave_for(url: &str) {
    if let Some(location) = location() {
        // Fails only for an invalid URL.
        let _ = location.replace(url);
    }
}

fn location() -> Option<Location> {
    window().map(|window| window.location())
}
