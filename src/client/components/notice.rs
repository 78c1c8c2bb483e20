//! A page that says one thing, and what to do about it.

use dioxus::prelude::*;

use super::PageTitle;
use crate::client::language::use_catalogue;

#[component]
pub fn Notice(
    title: String,
    text: String,
    /// Whether it reports a failure, to be announced at once.
    #[props(default)]
    alert: bool,
    /// The one thing to do: a button, or a link.
    children: Element,
) -> Element {
    rsx! {
        PageTitle { title: "{title} · oracle-ai" }
        main { class: "notice",
            div { role: if alert { "alert" },
                h1 { "{title}" }
                p { "{text}" }
            }
            {children}
        }
    }
}

/// Something did not work, and can be tried again.
#[component]
pub fn FailureNotice(title: String, text: String, on_retry: EventHandler<()>) -> Element {
    let words = &use_catalogue().pages;
    rsx! {
        Notice { title, text, alert: true,
            button { class: "primary", onclick: move |_| on_retry.call(()), {words.try_again} }
        }
    }
}

/// Shown while the browser is on its way to the provider or back.
#[component]
pub fn SigningIn() -> Element {
    let words = &use_catalogue().pages;
    rsx! {
        main { class: "notice",
            div { role: "status", class: "waiting",
                h1 { {words.signing_in} }
            }
        }
    }
}
