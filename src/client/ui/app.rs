//! The root component and its routes.

use dioxus::{
    core::{Task, spawn_forever},
    prelude::*,
};

use super::{
    components::SessionWarning,
    head,
    hooks::use_effect,
    language::ChosenLanguage,
    pages::{Callback, Chat, ChatLayout, Conversation, PageNotFound, SignedOut},
};
use crate::client::session::{auth::Auth, tab_messages};

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

/// The address at which the server renders the page at `path`, for everybody who comes there. Hydration must find what
/// the server rendered, so no page may show anything of its path before the browser has taken over.
pub fn page_of(path: &str) -> &'static str {
    match path.parse() {
        Ok(Route::Chat {}) => "/chat",
        Ok(Route::Conversation { .. }) => "/c/any",
        Ok(Route::Callback {}) => "/auth/callback",
        Ok(Route::SignedOut {}) => "/signed-out",
        Ok(Route::PageNotFound { .. }) | Err(_) => "/not-found",
    }
}

#[component]
pub fn App() -> Element {
    head::use_links();
    let auth = use_context_provider(Auth::new);
    ChosenLanguage::use_choice();
    let session = use_memo(move || auth.session());
    let mut watches = use_signal(Vec::<Task>::new);
    use_effect(move || {
        let session = session();
        for task in watches.write().drain(..) {
            task.cancel();
        }
        if let Some(session) = session {
            let limits = spawn_forever(auth.watch_limits(session.clone()));
            watches.set(vec![spawn_forever(auth.watch(session)), limits]);
        }
    });
    // In an effect: the server, which renders first, has no other tabs, and does not sleep.
    use_effect(move || {
        spawn_forever(tab_messages::listen(auth));
        spawn_forever(auth.refresh_on_wake());
        spawn_forever(auth.finish_sign_outs());
    });
    rsx! {
        Router::<Route> {}
        SessionWarning {}
    }
}

#[cfg(test)]
mod tests {
    use super::page_of;

    #[test]
    fn whatever_is_asked_for_is_one_of_a_few_pages_each_rendered_at_an_address_of_its_own() {
        for (path, page) in [
            ("/", "/chat"),
            ("/chat", "/chat"),
            ("/c/8f2", "/c/any"),
            ("/c/%22%3Cscript%3E", "/c/any"),
            ("/auth/callback", "/auth/callback"),
            ("/signed-out", "/signed-out"),
            ("/no/such/page", "/not-found"),
            ("/c", "/not-found"),
            ("/%FF", "/not-found"),
        ] {
            assert_eq!(page_of(path), page, "{path}");
            assert_eq!(page_of(page), page);
        }
    }
}
