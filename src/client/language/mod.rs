//! The language of the page and its messages. Every text that people read, or that a screen reader announces, is in a
//! [`Catalog`].
//!
//! The server renders one shell for everyone, in English; the browser switches to the person's language.
//!
//! | file | |
//! |---|---|
//! | `catalog` | the names of the messages |
//! | `en`, `fr` | their texts |
//! | `errors` | the message for each error of the API |
//! | `choice` | the language of this page: the person's choice, or the browser's |

mod catalog;
mod choice;
mod en;
mod errors;
mod fr;

pub use catalog::{Catalog, Feedback as FeedbackMessages, Message, Sidebar as SidebarMessages};
pub use choice::{ChosenLanguage, use_catalog, use_language};

use crate::wire::options::LocalText;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    French,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// The BCP 47 tag, as in `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Its name in the language itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    pub fn catalog(self) -> &'static Catalog {
        match self {
            Self::English => &en::ENGLISH,
            Self::French => &fr::FRENCH,
        }
    }

    /// A text of the operator's in this language.
    pub fn of(self, text: &LocalText) -> &str {
        match self {
            Self::English => &text.en,
            Self::French => &text.fr,
        }
    }

    /// By a tag with or without region: `fr`, `fr-CA`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first of the preferred languages that has a catalog.
    pub fn best_of(tags: impl IntoIterator<Item = String>) -> Self {
        tags.into_iter().find_map(|tag| Self::from_tag(&tag)).unwrap_or_default()
    }
}

/// A number with its thousands apart.
fn grouped(number: usize, separator: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_with_a_catalog_is_chosen() {
        let best_of = |tags: &[&str]| Language::best_of(tags.iter().map(|tag| (*tag).to_owned()));
        assert_eq!(best_of(&["fr-CA", "en"]), Language::French);
        assert_eq!(best_of(&["de-DE", "FR", "en"]), Language::French);
        assert_eq!(best_of(&["en-GB", "fr"]), Language::English);
        assert_eq!(best_of(&["fro"]), Language::English, "Old French is another language");
        assert_eq!(best_of(&[]), Language::English);
    }

    /// The lines `name: "text"` of a catalog.
    fn texts(language: Language) -> Vec<(String, String)> {
        let printed = format!("{:#?}", language.catalog());
        let lines = printed.lines().filter_map(|line| line.trim().split_once(": \""));
        lines.map(|(name, text)| (name.to_owned(), text.trim_end_matches("\",").to_owned())).collect()
    }

    #[test]
    fn no_text_is_missing_in_a_language_and_none_is_left_in_the_other() {
        // The same in both.
        const ALIKE: [&str; 4] = ["Message", "Conversation", "Conversations", "Assistant"];
        let (english, french) = (texts(Language::English), texts(Language::French));
        assert!(english.len() > 100, "{}", english.len());
        assert_eq!(english.len(), french.len());
        for ((name, english), (french_name, french)) in english.iter().zip(&french) {
            assert_eq!(name, french_name);
            assert!(!english.trim().is_empty() && !french.trim().is_empty(), "{name} is empty");
            assert!(english != french || ALIKE.contains(&english.as_str()), "{name} is not translated: {french}");
        }
    }

    #[test]
    fn french_texts_never_break_before_their_punctuation() {
        for (name, text) in texts(Language::French) {
            for mark in [" ?", " !", " :", " ;", " »", "« ", "'"] {
                assert!(!text.contains(mark), "{name}: {text}");
            }
        }
    }

    #[test]
    fn thousands_are_apart() {
        let numbers = [0, 999, 1_000, 28_015, 1_234_567];
        let grouped: Vec<_> = numbers.into_iter().map(|number| super::grouped(number, ',')).collect();
        assert_eq!(grouped, ["0", "999", "1,000", "28,015", "1,234,567"]);
    }

    #[test]
    fn counted_texts_say_one_and_many() {
        let english = Language::English.catalog();
        assert_eq!((english.chat.retry_in)(1), "Retry in 1 second");
        assert_eq!((english.chat.retry_in)(20), "Retry in 20 seconds");
        assert_eq!((english.chat.retry_in)(3_481), "Retry in 59 minutes");
        let french = Language::French.catalog();
        assert_eq!((french.chat.retry_in)(1), "Réessayer dans 1\u{a0}seconde");
        assert_eq!((french.chat.retry_in)(20), "Réessayer dans 20\u{a0}secondes");
        assert_eq!((french.chat.retry_in)(3_481), "Réessayer dans 59\u{a0}minutes");
    }
}
