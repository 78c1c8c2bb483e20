//! `/signed-out`: nothing happens here by itself. The provider sends browsers here too, after its own sign-out.

use dioxus::prelude::*;

use crate::client::{components::Notice, hooks::use_effect, language::use_catalogue, sign_out};

#[component]
pub fn SignedOut() -> Element {
    let words = &use_catalogue().pages;
    let mut at_provider_too = use_signal(|| false);
    use_effect(move || {
        if sign_out::came_back() {
            at_provider_too.set(true);
        }
    });
    let said = if at_provider_too() { words.signed_out_everywhere } else { words.signed_out };
    rsx! {
        Notice { title: said.title, text: said.text,
            // A link that leaves this page: it works before the app has started, and nothing of the last person stays
            // in memory.
            a { class: "button primary", href: "/chat", {words.sign_in} }
        }
    }
}
