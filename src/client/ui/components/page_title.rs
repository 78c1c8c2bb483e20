//! The title of the document.

use dioxus::prelude::*;

use crate::client::platform::document;

/// The same in every language.
pub const PRODUCT: &str = "oracle-ai";

/// The title of the page and the name of the product; the name alone where the page has no title.
///
/// Instead of Dioxus' `document::Title`, which sets the title by `eval`: the content security policy forbids that.
#[component]
pub fn PageTitle(title: String) -> Element {
    use_effect(use_reactive!(|title| match title.is_empty() {
        true => document::set_title(PRODUCT),
        false => document::set_title(&format!("{title} · {PRODUCT}")),
    }));
    rsx! {}
}
