//! A page that says one thing, and what to do about it.

use dioxus::prelude::*;

use super::{PageTitle, Reference};
use crate::{
    client::{session::auth::SignInFailure, ui::language::use_catalogue},
    wire::error::ApiError,
};

#[component]
pub fn Notice(
    title: String,
    text: String,
    /// Whether it reports a failure, to be announced at once.
    #[props(default)]
    alert: bool,
    /// Whether it changes while it is read, to be announced when there is time.
    #[props(default)]
    live: bool,
    /// What has led here.
    #[props(default)]
    why: Option<&'static str>,
    /// The failure, where it has a name to be reported by.
    error: Option<ApiError>,
    /// The one thing to do: a button, or a link.
    children: Element,
) -> Element {
    rsx! {
        PageTitle { title: "{title} · oracle-ai" }
        main { class: "notice",
            div { role: if alert { "alert" } else if live { "status" },
                h1 { "{title}" }
                if let Some(why) = why {
                    p { {why} }
                }
                p { "{text}" }
                if let Some(error) = error {
                    Reference { error }
                }
            }
            {children}
        }
    }
}

/// Signing in did not work, and can be tried again.
#[component]
pub fn FailureNotice(failure: SignInFailure, on_retry: EventHandler<()>) -> Element {
    let catalogue = use_catalogue();
    let words = catalogue.of_sign_in_failure(&failure);
    let error = match failure {
        SignInFailure::Refused(error) => Some(error),
        _ => None,
    };
    rsx! {
        Notice { title: words.title, text: words.text, alert: true, error,
            button { class: "primary", onclick: move |_| on_retry.call(()), {catalogue.pages.try_again} }
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
