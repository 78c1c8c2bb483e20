//! Copies a text, and says that it has.

use std::time::Duration;

use dioxus::prelude::*;

use crate::client::{
    platform::{browser, dom},
    ui::language::use_catalogue,
};

const SHOWN_FOR: Duration = Duration::from_secs(2);

#[component]
pub fn CopyButton(label: String, text: String) -> Element {
    let words = &use_catalogue().chat;
    let mut copied = use_signal(|| false);
    let copy = move |_| {
        let text = text.clone();
        async move {
            copied.set(dom::copy(&text).await);
            browser::sleep(SHOWN_FOR).await;
            copied.set(false);
        }
    };
    rsx! {
        button { class: "quiet", r#type: "button", "aria-label": label, onclick: copy,
            if copied() { {words.copied} } else { {words.copy} }
        }
        span { class: "for-screen-readers", role: "status", if copied() { {words.copied} } }
    }
}
