//! `/signed-out`: nothing happens here by itself.

use dioxus::prelude::*;

use crate::client::components::Notice;

#[component]
pub fn SignedOut() -> Element {
    rsx! {
        Notice {
            title: "You are signed out",
            text: "Your session here is over. The sign-in service may still know you: on a shared computer, sign out \
                   there too.",
            // A link that leaves this page: it works before the app has started, and nothing of the last person stays
            // in memory.
            a { class: "button primary", href: "/chat", "Sign in" }
        }
    }
}
