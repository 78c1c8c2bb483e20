//! Tells the person that their session ends soon, and lets them stay (WCAG 2.2, success criterion 2.2.1).

use dioxus::prelude::*;

use crate::client::{
    platform::dom,
    session::{
        auth::{Auth, use_auth},
        limits::{Limit, Warning},
    },
    ui::language::use_catalogue,
};

const ID: &str = "session-warning";

/// Lies over any page, while there is something to warn of.
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
    let words = &use_catalogue().session_end;
    let Warning { limit, left } = warning;
    // What had the focus before has it again: the person goes on where they were.
    use_drop(|| dom::close_dialog(ID, super::COMPOSER));
    let go_on = move || match limit {
        Limit::Inactivity => auth.stay_signed_in(),
        Limit::Lifetime => auth.dismiss_warning(),
    };
    let (text, go_on_label) = match limit {
        Limit::Inactivity => (words.inactive, words.stay),
        Limit::Lifetime => (words.lasts_no_longer, words.go_on),
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
                go_on();
            },
            h2 { id: "{ID}-title", {words.title} }
            // Said again when it changes, a few times in all.
            p { id: "{ID}-left", role: "timer", "aria-live": "polite", "aria-atomic": "true", {(words.ends_in)(left.as_secs())} }
            p { id: "{ID}-text", {text} }
            div { class: "choices",
                button { r#type: "button", class: "primary", autofocus: true, onclick: move |_| go_on(), {go_on_label} }
                button { r#type: "button", onclick: move |_| auth.sign_out(), {words.sign_out_now} }
            }
        }
    }
}
