//! Pages that consist of one message and one thing to do.

use dioxus::prelude::*;

use super::{PageTitle, RequestIdLabel};
use crate::{
    client::{language::use_catalog, session::SignInFailure},
    wire::error::ApiError,
};

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
    /// The one thing to do: a button, or a link.
    children: Element,
) -> Element {
    rsx! {
        PageTitle { title: "{title} · oracle-ai" }
        main { class: "notice",
            div { role: if alert { "alert" } else if live { "status" },
                h1 { "{title}" }
                if let Some(reason) = reason {
                    p { {reason} }
                }
                p { "{text}" }
                if let Some(error) = error {
                    RequestIdLabel { error }
                }
            }
            {children}
        }
    }
}

/// A sign-in has failed, and can be tried again.
#[component]
pub fn SignInFailurePage(failure: SignInFailure, on_retry: EventHandler<()>) -> Element {
    let catalog = use_catalog();
    let message = catalog.sign_in_failure(&failure);
    let error = match failure {
        SignInFailure::Refused(error) => Some(error),
        _ => None,
    };
    rsx! {
        NoticePage { title: message.title, text: message.text, alert: true, error,
            button { class: "primary", onclick: move |_| on_retry.call(()), {catalog.pages.try_again} }
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
                h1 { {messages.signing_in} }
            }
        }
    }
}
