//! The client: the app in the browser.
//!
//! | folder | | imports |
//! |---|---|---|
//! | `platform` | the browser's interfaces: the only code that names `web_sys` | |
//! | `language` | the language of the page and its messages (en, fr) | `platform` |
//! | `session` | who is signed in: the only code that sets `AuthState` | `platform` |
//! | [`markdown`] | Markdown of answers: blocks while they are streamed, elements, announcements, syntax highlighting | `language` |
//! | `chat` | state and logic of the chat | `markdown`, `session`, `language`, `platform` |
//! | [`ui`] | routes, pages, components | all of them |
//!
//! A folder imports only those above it in this table.
//!
//! Each folder's `mod.rs` lists its files.
//!
//! | to | go to |
//! |---|---|
//! | sign in, resume a session | `session/sign_in.rs`, called by `ui/components/require_session.rs` and `ui/pages/callback.rs` |
//! | use a field of the refresh response | `session/state.rs`: `SignedIn` holds the whole response |
//! | call an endpoint | `Auth::call` in `session/refresh.rs` |
//! | change what the chat does | `chat/conversation`, `chat/running_answer.rs` |
//! | change how the chat looks | `ui/pages/chat`, `assets/main.css` |
//! | add or change a text | `catalog.rs`, `en.rs` and `fr.rs` in `language` |
//!
//! All of it compiles on the server too, which renders the same pages before the browser takes over. `platform` must
//! not be called there: effects and event handlers, which never run on the server, are the places to call it from.

mod chat;
mod language;
pub mod markdown;
mod platform;
mod session;
pub mod ui;

pub use ui::{
    app::App,
    route::{Route, shell_route},
};

/// What `crate::fuzzing` calls.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    pub use super::session::callback_url::{CallbackUrl, parse as parse_callback};
}

/// Starts the app in the browser.
pub fn launch() {
    // Before anything else, so that the authorization code does not stay in the address bar (T13).
    session::callback_url::remove_from_address_bar();
    session::return_to::record_initial_url();
    dioxus::launch(App);
}
