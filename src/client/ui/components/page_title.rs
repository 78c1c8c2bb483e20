//! The title of the document.

use dioxus::prelude::*;

use crate::client::{language::use_language, platform::document, ui::branding::use_branding};

/// The title of the page and the name of the chat; the name alone where the page has no title.
///
/// Instead of Dioxus' `document::Title`, which sets the title by `eval`: the content security policy forbids that.
#[component]
pub fn PageTitle(title: String) -> Element {
    let name = use_branding().name(use_language().get());
    use_effect(use_reactive!(|title, name| match title.is_empty() {
        true => document::set_title(&name),
        false => document::set_title(&format!("{title} · {name}")),
    }));
    rsx! {}
}
