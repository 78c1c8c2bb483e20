//! The menu in which the person selects the language of the page.

use dioxus::prelude::*;

use crate::client::language::{Language, use_catalog, use_language};

#[component]
pub fn LanguageSwitch() -> Element {
    let chosen = use_language();
    let messages = &use_catalog().chat;
    rsx! {
        select {
            class: "language",
            "aria-label": messages.language_label,
            onchange: move |event| {
                if let Some(language) = Language::from_tag(&event.value()) {
                    chosen.choose(language);
                }
            },
            for language in Language::ALL {
                // Each by its name in that language, so that its speakers find it.
                option {
                    value: language.tag(),
                    lang: language.tag(),
                    translate: "no",
                    selected: chosen.get() == language,
                    {language.own_name()}
                }
            }
        }
    }
}
