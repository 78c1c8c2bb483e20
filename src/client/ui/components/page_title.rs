//! What the browser shows on its tab.

use dioxus::prelude::*;

use crate::client::{platform::browser, ui::hooks::use_effect};

/// Sets the document's title in place of the framework's `document::Title`, which evaluates a string as script: the
/// content security policy lets nobody do that.
#[component]
pub fn PageTitle(title: String) -> Element {
    use_effect(use_reactive!(|title| browser::set_title(&title)));
    rsx! {}
}
