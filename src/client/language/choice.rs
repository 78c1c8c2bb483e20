//! The language of this page: the person's choice, or else the browser's.

use dioxus::prelude::*;

use super::{Catalog, Language};
use crate::client::platform::{document, web_storage::LOCAL_STORAGE};

/// In the local storage: the tag of the language that the person has chosen.
const NAME: &str = "oracle-ai.language";

/// A context of the root component, as a signal.
#[derive(Clone, Copy, PartialEq)]
pub struct ChosenLanguage(Signal<Language>);

/// Components that call it are rendered again when the language changes.
pub fn use_catalog() -> &'static Catalog {
    use_language().get().catalog()
}

pub fn use_language() -> ChosenLanguage {
    use_context()
}

impl ChosenLanguage {
    /// To be called in the root component. The page starts in English, because hydration must find it as the server
    /// rendered it.
    pub fn use_choice() -> Self {
        let chosen = use_context_provider(|| Self(Signal::new(Language::default())));
        use_effect(move || chosen.load());
        chosen
    }

    /// Subscribes the caller.
    pub fn get(self) -> Language {
        *self.0.read()
    }

    /// Does not subscribe the caller.
    pub fn peek(self) -> Language {
        *self.0.peek()
    }

    pub fn choose(self, language: Language) {
        LOCAL_STORAGE.set(NAME, language.tag());
        self.show(language);
    }

    fn load(self) {
        let stored = LOCAL_STORAGE.get(NAME).and_then(|tag| Language::from_tag(&tag));
        self.show(stored.unwrap_or_else(|| Language::best_of(document::preferred_languages())));
    }

    fn show(mut self, language: Language) {
        document::set_language(language.tag());
        self.0.set(language);
    }
}
