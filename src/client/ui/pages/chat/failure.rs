//! Shows why a request has failed.

use dioxus::prelude::*;

use crate::{
    client::{
        language::use_catalog,
        session::Interrupted,
        ui::components::{RequestIdLabel, StepUp, text_span},
    },
    wire::error::ApiError,
};

#[component]
pub fn Failure(
    error: Option<ApiError>,
    /// What to do after a sign-in, where the error asks for one.
    interrupted: Option<Interrupted>,
) -> Element {
    let catalog = use_catalog();
    let Some(error) = error else { return rsx! {} };
    let message = match (&error, &interrupted) {
        (ApiError::Forbidden, Some(Interrupted::Export { .. } | Interrupted::ExportAll)) => {
            catalog.failures.export_forbidden
        }
        _ => catalog.error_message(&error),
    };
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { {text_span(format!("{}.", message.title))} }
                " "
                {text_span(message.text)}
            }
            if let Some(interrupted) = interrupted {
                StepUp { error: error.clone(), interrupted }
            }
            RequestIdLabel { error }
        }
    }
}
