//! The root component and its routes.

use dioxus::{
    core::{Task, spawn_forever},
    prelude::*,
};

use super::{
    auth_state::Auth,
    language::ChosenLanguage,
    pages::{Callback, Chat, ChatLayout, Conversation, PageNotFound, SignedOut},
    tabs,
};

#[derive(Clone, Debug, PartialEq, Routable)]
pub enum Route {
    #[redirect("/", || Route::Chat {})]
    #[layout(ChatLayout)]
    #[route("/chat")]
    Chat {},
    #[route("/c/:id")]
    Conversation { id: String },
    #[end_layout]
    /// Where the provider sends the browser back to; `REDIRECT_URI` ends in it.
    #[route("/auth/callback")]
    Callback {},
    #[route("/signed-out")]
    SignedOut {},
    #[route("/:..path")]
    PageNotFound { path: Vec<String> },
}

#[component]
pub fn App() -> Element {
    let auth = use_context_provider(Auth::new);
    ChosenLanguage::use_choice();
    let session = use_memo(move || auth.session());
    let mut watch = use_signal(|| None::<Task>);
    use_effect(move || {
        let session = session();
        if let Some(task) = watch.write().take() {
            task.cancel();
        }
        if let Some(session) = session {
            watch.set(Some(spawn_forever(auth.watch(session))));
        }
    });
    // In an effect: the server, which renders first, has no other tabs, and does not sleep.
    use_effect(move || {
        spawn_forever(tabs::listen(auth));
        spawn_forever(auth.refresh_on_wake());
    });
    rsx! {
        document::Link { rel: "icon", r#type: "image/svg+xml", href: asset!("/assets/icon.svg") }
        document::Stylesheet { href: asset!("/assets/main.css") }
        Router::<Route> {}
    }
}
