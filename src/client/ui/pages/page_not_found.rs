//! The page for any path that no other route matches.

use dioxus::{
    fullstack::{FullstackContext, StatusCode},
    prelude::*,
};

use crate::client::{
    language::use_catalog,
    ui::components::{NoticePage, text_span},
};

#[component]
pub fn PageNotFound(path: Vec<String>) -> Element {
    let messages = &use_catalog().pages;
    // Sets the status of the response on the server; does nothing in the browser.
    use_hook(|| FullstackContext::commit_http_status(StatusCode::NOT_FOUND, None));
    // The server renders one shell for all paths, so the path is added in the browser.
    let mut address = use_signal(String::new);
    use_effect(move || address.set(format!("/{}", path.join("/"))));
    rsx! {
        NoticePage {
            title: messages.not_found_title,
            text: (messages.not_found_text)(&address.read()),
            a { class: "button primary", href: "/chat", {text_span(messages.go_to_chat)} }
        }
    }
}
