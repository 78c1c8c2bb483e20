//! Offers to sign in again, beside the button that tries again.

use dioxus::prelude::*;

use super::{sign_in_failure_page::failure_message, text_span};
use crate::{
    client::{
        language::use_catalog,
        session::{SignInFailure, failed_refreshes, use_auth},
    },
    wire::error::ApiError,
};

/// Shown where the provider has failed to refresh the session several times.
#[component]
pub fn SignInAgain(
    /// Why the session was not refreshed.
    error: ApiError,
) -> Element {
    let catalog = use_catalog();
    let auth = use_auth();
    let mut failure = use_signal(|| None::<SignInFailure>);
    let mut is_leaving = use_signal(|| false);
    let sign_in_again = move |_| async move {
        failure.set(None);
        is_leaving.set(true);
        if let Err(error) = auth.sign_in_again().await {
            failure.set(Some(error));
        }
        is_leaving.set(false);
    };
    if !failed_refreshes::offers_sign_in(&error) {
        return rsx! {};
    }
    rsx! {
        div { class: "sign-in-again",
            p { {text_span(catalog.pages.sign_in_again_hint)} }
            button { r#type: "button", disabled: is_leaving(), onclick: sign_in_again, {text_span(catalog.pages.sign_in_again)} }
            if let Some(failure) = failure() {
                p { role: "status", {text_span(failure_message(&failure, catalog).title)} }
            }
        }
    }
}
