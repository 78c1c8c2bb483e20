//! The button to sign in again for what the server asks that for.

use dioxus::prelude::*;

use super::{sign_in_failure_page::failure_message, text_span};
use crate::{
    client::{
        language::use_catalog,
        session::{Interrupted, SignInFailure, use_auth},
    },
    wire::error::ApiError,
};

/// Shown with an error that says so.
#[component]
pub fn StepUp(
    error: ApiError,
    interrupted: Interrupted,
    /// Called before the page is left.
    on_leave: Option<EventHandler<()>>,
) -> Element {
    let catalog = use_catalog();
    let auth = use_auth();
    let mut failure = use_signal(|| None::<SignInFailure>);
    let mut is_leaving = use_signal(|| false);
    let sign_in = move |_| {
        let interrupted = interrupted.clone();
        async move {
            failure.set(None);
            is_leaving.set(true);
            if let Some(on_leave) = on_leave {
                on_leave.call(());
            }
            if let Err(error) = auth.step_up(interrupted).await {
                failure.set(Some(error));
            }
            is_leaving.set(false);
        }
    };
    if !matches!(error, ApiError::StepUpRequired { .. }) {
        return rsx! {};
    }
    rsx! {
        button { r#type: "button", disabled: is_leaving(), onclick: sign_in, {text_span(catalog.pages.sign_in_again)} }
        if let Some(failure) = failure() {
            p { role: "status", {text_span(failure_message(&failure, catalog).title)} }
        }
    }
}
