//! Shows why a request has failed.

use dioxus::prelude::*;

use crate::{
    client::{language::use_catalog, ui::components::RequestIdLabel},
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
                strong { "{message.title}." }
                " {message.text}"
            }
            RequestIdLabel { error }
        }
    }
}
