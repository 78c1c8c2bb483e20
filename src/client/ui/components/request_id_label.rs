//! The ID of a request that failed, to be quoted when the failure is reported.

use dioxus::prelude::*;

use super::text_span;
use crate::{api, client::language::use_catalog, wire::error::ApiError};

/// Renders nothing for an error that need not be reported or has no request ID.
#[component]
pub fn RequestIdLabel(error: ApiError) -> Element {
    let messages = &use_catalog().failures;
    let request = api::request_refused_with(&error).filter(|_| error.is_to_be_reported());
    rsx! {
        if let Some(request) = request {
            p { class: "reference", {text_span((messages.request_id)(&request))} }
        }
    }
}
