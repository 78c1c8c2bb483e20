//! Any address that is no page of ours.

use dioxus::{
    fullstack::{FullstackContext, StatusCode},
    prelude::*,
};

use crate::client::components::Notice;

#[component]
pub fn PageNotFound(path: Vec<String>) -> Element {
    // For the server, which renders this page first.
    use_hook(|| FullstackContext::commit_http_status(StatusCode::NOT_FOUND, None));
    rsx! {
        Notice {
            title: "Page not found",
            text: "There is nothing at /{path.join(\"/\")}.",
            a { class: "button primary", href: "/chat", "Go to the chat" }
        }
    }
}
