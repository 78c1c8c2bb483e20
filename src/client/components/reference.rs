//! The name of a request that failed, for a person who reports that.

use dioxus::prelude::*;

use crate::{api, client::language::use_catalogue, wire::error::ApiError};

/// Nothing where there is nothing to report, or no name.
#[component]
pub fn Reference(error: ApiError) -> Element {
    let words = &use_catalogue().failures;
    let request = api::request_refused_with(&error).filter(|_| error.is_to_be_reported());
    rsx! {
        if let Some(request) = request {
            p { class: "reference", {(words.reference)(&request)} }
        }
    }
}
