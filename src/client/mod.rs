//! The browser room: one signal that knows who is signed in, one place through which guarded doors are called, pages
//! and components.
//!
//! All of it compiles on the server too, which renders the same pages before the browser takes over; what only a
//! browser can do is in [`platform`] and called from effects and event handlers, which never run on the server.

// In the release, `Debug` prints nothing (scripts/lib/slim.mjs).
#![cfg_attr(not(test), deny(clippy::use_debug))]

mod chat;
pub mod markdown;
mod platform;
mod session;
pub mod ui;

pub use ui::{
    app::{App, Route, page_of},
    language,
};

/// Starts the app in the browser.
pub fn launch() {
    // Before anything else: the code must not stay in the address bar (T13).
    session::callback_url::take_out_of_address_bar();
    session::return_to::note_arrival();
    dioxus::launch(App);
}
