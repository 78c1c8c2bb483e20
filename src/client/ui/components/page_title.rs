//! The title of the document.

use dioxus::prelude::*;

use crate::client::platform::document;

/// Instead of Dioxus' `document::Title`, which sets the title by `eval`: the content security policy forbids that.
#[component]
pub fn PageTitle(title: String) -> Element {
    use_effect(use_reactive!(|title| document::set_title(&title)));
    rsx! {}
}
