//! A failure in words.

use dioxus::prelude::*;

use crate::{
    client::ui::{components::RequestIdLabel, language::use_catalog},
    wire::error::ApiError,
};

#[component]
pub fn Failure(error: Option<ApiError>) -> Element {
    let catalog = use_catalog();
    let Some(error) = error else { return rsx! {} };
    let message = catalog.error(&error);
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { "{message.title}." }
                " {message.text}"
            }
            RequestIdLabel { error }
        }
    }
}
