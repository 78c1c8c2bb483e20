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

    /// The tag for dates and numbers: with the person's own region, where the browser's languages name one for the page's
    /// language. Subscribes the caller.
    pub fn locale(self) -> String {
        let language = self.get();
        let is_for = |tag: &String| Language::from_tag(tag) == Some(language) && is_well_formed(tag);
        document::preferred_languages().into_iter().find(is_for).unwrap_or_else(|| language.tag().to_owned())
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

/// Whether it is a language, with a script or a region at most: browsers throw an error for some tags that they report
/// themselves, such as `en-US@posix`.
fn is_well_formed(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_part = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(|language| is_part(language, 2..=3)) && parts.all(|part| is_part(part, 2..=4))
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn a_tag_that_a_browser_would_not_take_is_not_used() {
        for tag in ["en", "fr-CA", "zh-Hant-TW", "es-419"] {
            assert!(is_well_formed(tag), "{tag}");
        }
        for tag in ["", "e", "en-US@posix", "en_US", "en-", "C", "en-u-ca-buddhist"] {
            assert!(!is_well_formed(tag), "{tag}");
        }
    }
}
