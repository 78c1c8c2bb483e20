//! Which language the person has chosen, or their browser for them.

use dioxus::prelude::*;

use super::{Catalogue, Language};
use crate::client::{platform::browser, ui::hooks::use_effect};

const NAME: &str = "oracle-ai.language";

/// A context of the root component.
#[derive(Clone, Copy, PartialEq)]
pub struct ChosenLanguage(Signal<Language>);

/// To be called in components: they are rendered again when the language changes.
pub fn use_catalogue() -> &'static Catalogue {
    use_language().get().catalogue()
}

pub fn use_language() -> ChosenLanguage {
    use_context()
}

impl ChosenLanguage {
    /// To be called in the root component. Hydration must find what the server rendered, so it starts in English.
    pub fn use_choice() -> Self {
        let chosen = use_context_provider(|| Self(Signal::new(Language::default())));
        use_effect(move || chosen.load());
        chosen
    }

    /// Subscribes the caller.
    pub fn get(self) -> Language {
        *self.0.read()
    }

    /// Without subscribing.
    pub fn peek(self) -> Language {
        *self.0.peek()
    }

    pub fn choose(self, language: Language) {
        browser::keep_for_ever(NAME, language.tag());
        self.show(language);
    }

    fn load(self) {
        let kept = browser::kept_for_ever(NAME).and_then(|tag| Language::from_tag(&tag));
        self.show(kept.unwrap_or_else(|| Language::best_of(browser::languages())));
    }

    fn show(mut self, language: Language) {
        browser::set_document_language(language.tag());
        self.0.set(language);
    }
}
