//! A button that copies a text and confirms that it did.

use std::time::Duration;

use dioxus::prelude::*;

use super::{Icon, icon, text_span};
use crate::client::{
    language::use_catalog,
    markdown::html,
    platform::{clipboard, clock},
};

const CONFIRMATION_TIME: Duration = Duration::from_secs(2);

#[component]
pub fn CopyButton(
    label: String,
    text: String,
    /// Whether it is also copied as formatted text, for programs such as Word and Outlook.
    #[props(default)]
    is_markdown: bool,
) -> Element {
    let messages = &use_catalog().chat;
    let mut copied = use_signal(|| false);
    let copy = move |_| {
        let text = text.clone();
        async move {
            let html = is_markdown.then(|| html::of(&text));
            copied.set(clipboard::copy(&text, html.as_deref()).await);
            clock::sleep(CONFIRMATION_TIME).await;
            copied.set(false);
        }
    };
    rsx! {
        button { class: "quiet icon", r#type: "button", "aria-label": label.clone(), title: label, onclick: copy,
            {icon(if copied() { Icon::Check } else { Icon::Copy })}
        }
        span { class: "for-screen-readers", role: "status", if copied() { {text_span(messages.copied)} } }
    }
}
