//! The routes, and navigation among them.

use dioxus::prelude::*;

use super::pages::{Callback, Chat, ChatLayout, Conversation, PageNotFound, SignedOut};
use crate::client::{platform::location, session::return_to::without_query};

#[derive(Clone, Debug, PartialEq, Routable)]
pub enum Route {
    #[redirect("/", || Route::Chat {})]
    #[layout(ChatLayout)]
    #[route("/chat")]
    Chat {},
    #[route("/c/:id")]
    Conversation { id: String },
    #[end_layout]
    /// Where the provider redirects to; the path of `REDIRECT_URI`.
    #[route("/auth/callback")]
    Callback {},
    #[route("/signed-out")]
    SignedOut {},
    #[route("/:..path")]
    PageNotFound { path: Vec<String> },
}

/// The path at which the server renders the shell of the page at `path`. A shell is the same for everyone, and hydration
/// must find it unchanged, so no page may show any part of its path before it runs in the browser.
pub fn shell_route(path: &str) -> &'static str {
    match path.parse() {
        Ok(Route::Chat {}) => "/chat",
        Ok(Route::Conversation { .. }) => "/c/any",
        Ok(Route::Callback {}) => "/auth/callback",
        Ok(Route::SignedOut {}) => "/signed-out",
        Ok(Route::PageNotFound { .. }) | Err(_) => "/not-found",
    }
}

/// Shows the page at `url`, with query and fragment, without leaving the app.
pub fn navigate_to(url: &str) {
    // Any path is a route: the last one matches all.
    let Ok(route) = url.parse::<Route>() else { return };
    let _ = navigator().replace(route);
    // The router has removed query and fragment. After a redirect among the routes, its URL stays.
    if without_query(url) == location::path() {
        location::replace_url(url);
    }
}

#[cfg(test)]
mod tests {
    use super::shell_route;

    #[test]
    fn every_path_has_one_of_a_few_shells_each_rendered_at_a_path_of_its_own() {
        for (path, shell) in [
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
            assert_eq!(shell_route(path), shell, "{path}");
            assert_eq!(shell_route(shell), shell);
        }
    }
}
