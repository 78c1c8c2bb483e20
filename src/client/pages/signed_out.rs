//! `/signed-out`: nothing happens here by itself.

use dioxus::prelude::*;

use crate::client::{components::Notice, language::use_catalogue};

#[component]
pub fn SignedOut() -> Element {
    let words = &use_catalogue().pages;
    rsx! {
        Notice { title: words.signed_out.title, text: words.signed_out.text,
            // A link that leaves this page: it works before the app has started, and nothing of the last person stays
            // in memory.
            a { class: "button primary", href: "/chat", {words.sign_in} }
        }
    }
}
