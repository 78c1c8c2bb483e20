//! The choice of the page's language.

use dioxus::prelude::*;

use crate::client::ui::language::{Language, use_catalogue, use_language};

#[component]
pub fn LanguageSwitch() -> Element {
    let chosen = use_language();
    let words = &use_catalogue().chat;
    rsx! {
        select {
            class: "language",
            "aria-label": words.language,
            onchange: move |event| {
                if let Some(language) = Language::from_tag(&event.value()) {
                    chosen.choose(language);
                }
            },
            for language in Language::ALL {
                // Each in its own language, as those who look for it read it.
                option {
                    value: language.tag(),
                    lang: language.tag(),
                    selected: chosen.get() == language,
                    {language.own_name()}
                }
            }
        }
    }
}
