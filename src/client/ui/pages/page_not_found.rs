//! Any address that is no page of ours.

use dioxus::{
    fullstack::{FullstackContext, StatusCode},
    prelude::*,
};

use crate::client::ui::{components::Notice, hooks::use_effect, language::use_catalogue};

#[component]
pub fn PageNotFound(path: Vec<String>) -> Element {
    let words = &use_catalogue().pages;
    // For the server, which renders this page first.
    use_hook(|| FullstackContext::commit_http_status(StatusCode::NOT_FOUND, None));
    // The server renders one page for all of them: the address is put in by the browser.
    let mut address = use_signal(String::new);
    use_effect(move || address.set(format!("/{}", path.join("/"))));
    rsx! {
        Notice {
            title: words.not_found,
            text: (words.nothing_at)(&address.read()),
            a { class: "button primary", href: "/chat", {words.go_to_chat} }
        }
    }
}
