//! The root component and its routes.

use dioxus::prelude::*;

use super::{
    auth_state::Auth,
    pages::{Callback, Chat, PageNotFound, SignedOut},
};

#[derive(Clone, Debug, PartialEq, Routable)]
pub enum Route {
    #[redirect("/", || Route::Chat {})]
    #[route("/chat")]
    Chat {},
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
    use_context_provider(Auth::new);
    rsx! {
        document::Stylesheet { href: asset!("/assets/main.css") }
        Router::<Route> {}
    }
}
