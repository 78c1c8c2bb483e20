//! The browser room: one signal that knows who is signed in, one place through which guarded doors are called, pages
//! and components.
//!
//! All of it compiles on the server too, which renders the same pages before the browser takes over; what only a
//! browser can do is in [`browser`] and called from effects and event handlers, which never run on the server.

mod activity;
mod app;
pub mod auth_state;
mod browser;
mod browser_key;
mod callback_url;
pub mod components;
mod draft_cipher;
mod head;
mod hooks;
pub mod language;
mod lifetime;
mod listeners;
mod loop_breaker;
pub mod markdown;
pub mod pages;
mod return_to;
mod screen;
mod session_limits;
mod session_watch;
mod sign_out;
mod tabs;
mod token_refresh;
mod web_lock;

pub use app::{App, Route, page_of};

/// Starts the app in the browser.
pub fn launch() {
    // Before anything else: the code must not stay in the address bar (T13).
    callback_url::take_out_of_address_bar();
    return_to::note_arrival();
    dioxus::launch(App);
}
