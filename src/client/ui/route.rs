//! The routes.

use dioxus::prelude::*;

use super::pages::{Callback, Chat, ChatLayout, Conversation, PageNotFound, SignedOut};

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

/// The path at which the server renders the shell of the page at `path`. The shell is the same for all paths of a page,
/// and hydration must find it unchanged: a page may show a part of its path only once it runs in the browser.
pub fn shell_route(path: &str) -> &'static str {
    match path.parse() {
        Ok(Route::Chat {}) => "/chat",
        Ok(Route::Conversation { .. }) => "/c/any",
        Ok(Route::Callback {}) => "/auth/callback",
        Ok(Route::SignedOut {}) => "/signed-out",
        Ok(Route::PageNotFound { .. }) | Err(_) => "/not-found",
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
