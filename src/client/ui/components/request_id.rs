//! The ID of a request that failed, for a person who reports the failure.

use dioxus::prelude::*;

use crate::{api, client::ui::language::use_catalog, wire::error::ApiError};

/// Empty where the failure is not to be reported, or has no request ID.
#[component]
pub fn RequestIdLabel(error: ApiError) -> Element {
    let messages = &use_catalog().failures;
    let request = api::request_refused_with(&error).filter(|_| error.is_to_be_reported());
    rsx! {
        if let Some(request) = request {
            p { class: "reference", {(messages.reference)(&request)} }
        }
    }
}
