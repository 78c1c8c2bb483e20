//! Shows why a request has failed.

use dioxus::prelude::*;

use crate::{
    client::{
        language::use_catalog,
        ui::components::{RequestIdLabel, text_span},
    },
    wire::error::ApiError,
};

#[component]
pub fn Failure(error: Option<ApiError>) -> Element {
    let catalog = use_catalog();
    let Some(error) = error else { return rsx! {} };
    let message = catalog.error_message(&error);
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { {text_span(format!("{}.", message.title))} }
                " "
                {text_span(message.text)}
            }
            RequestIdLabel { error }
        }
    }
}
