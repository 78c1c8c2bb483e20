//! Any path that is not a page of this app.

use dioxus::{
    fullstack::{FullstackContext, StatusCode},
    prelude::*,
};

use crate::client::{language::use_catalog, ui::components::NoticePage};

#[component]
pub fn PageNotFound(path: Vec<String>) -> Element {
    let messages = &use_catalog().pages;
    // On the server.
    use_hook(|| FullstackContext::commit_http_status(StatusCode::NOT_FOUND, None));
    // The shell is the same for all paths: the path is added in the browser.
    let mut address = use_signal(String::new);
    use_effect(move || address.set(format!("/{}", path.join("/"))));
    rsx! {
        NoticePage {
            title: messages.not_found,
            text: (messages.nothing_at)(&address.read()),
            a { class: "button primary", href: "/chat", {messages.go_to_chat} }
        }
    }
}
