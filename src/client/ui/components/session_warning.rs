//! Warns that the session is about to end, and lets the person stay (WCAG 2.2, success criterion 2.2.1).

use dioxus::prelude::*;

use super::text_span;
use crate::client::{
    chat::element_ids::COMPOSER,
    language::use_catalog,
    platform::dom,
    session::{Auth, Limit, Warning, use_auth},
};

const ID: &str = "session-warning";

/// Shows the warning over any page.
#[component]
pub fn SessionWarning() -> Element {
    let auth = use_auth();
    match auth.warning() {
        Some(warning) => rsx! { WarningDialog { auth, warning } },
        None => rsx! {},
    }
}

#[component]
fn WarningDialog(auth: Auth, warning: Warning) -> Element {
    let messages = &use_catalog().session_end;
    let Warning { limit, left } = warning;
    // Gives the focus back.
    use_drop(|| dom::close_dialog(ID, COMPOSER));
    let continue_session = move || match limit {
        Limit::Inactivity => auth.stay_signed_in(),
        Limit::Lifetime => auth.dismiss_warning(),
    };
    let (text, continue_label) = match limit {
        Limit::Inactivity => (messages.inactivity_warning, messages.stay_signed_in),
        Limit::Lifetime => (messages.lifetime_warning, messages.continue_until_end),
    };
    rsx! {
        dialog {
            id: ID,
            role: "alertdialog",
            "aria-labelledby": "{ID}-title",
            "aria-describedby": "{ID}-left {ID}-text",
            onmounted: move |_| dom::show_dialog(ID),
            oncancel: move |event| {
                event.prevent_default();
                continue_session();
            },
            h2 { id: "{ID}-title", {text_span(messages.title)} }
            // Announced at each change; `left` changes a few times only.
            p { id: "{ID}-left", role: "timer", "aria-live": "polite", "aria-atomic": "true", {text_span((messages.ends_in)(left.as_secs()))} }
            p { id: "{ID}-text", {text_span(text)} }
            div { class: "choices",
                button { r#type: "button", class: "primary", autofocus: true, onclick: move |_| continue_session(), {text_span(continue_label)} }
                button { r#type: "button", onclick: move |_| auth.sign_out(), {text_span(messages.sign_out_now)} }
            }
        }
    }
}
