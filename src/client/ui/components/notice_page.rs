//! Pages that consist of one message and one action.

use dioxus::prelude::*;

use super::{PageTitle, RequestIdLabel, mark, text_span};
use crate::{client::language::use_catalog, wire::error::ApiError};

#[component]
pub fn NoticePage(
    title: String,
    text: String,
    /// Whether it reports a failure, to be announced at once.
    #[props(default)]
    alert: bool,
    /// Whether it may change, to be announced politely.
    #[props(default)]
    live: bool,
    /// How the person got here.
    #[props(default)]
    reason: Option<&'static str>,
    /// The failure, to be shown with its request ID.
    error: Option<ApiError>,
    /// The action: a button or a link.
    children: Element,
) -> Element {
    rsx! {
        PageTitle { title: title.clone() }
        main { class: "notice",
            {mark()}
            div { role: if alert { "alert" } else if live { "status" },
                h1 { {text_span(title.clone())} }
                if let Some(reason) = reason {
                    p { {text_span(reason)} }
                }
                p { {text_span(text)} }
                if let Some(error) = error {
                    RequestIdLabel { error }
                }
            }
            {children}
        }
    }
}

/// Shown while the browser is redirected to the provider and back.
#[component]
pub fn SigningInPage() -> Element {
    let messages = &use_catalog().pages;
    rsx! {
        main { class: "notice",
            div { role: "status", class: "waiting",
                h1 { {text_span(messages.signing_in)} }
            }
        }
    }
}
