//! Detects the language of an answer by its most frequent words, so that screen readers pronounce it correctly.

use crate::client::language::Language;

/// How many bytes of an answer are examined.
const MAX_EXAMINED: usize = 2_000;

/// Fewer frequent words than this are not enough to decide.
const MIN_WORDS: usize = 3;

/// Words that are frequent in French and don't exist in English.
const FRENCH: [&str; 40] = [
    "au", "aussi", "aux", "avec", "avez", "ce", "cela", "ces", "cette", "chaque", "dans", "de", "des", "donc", "du",
    "elle", "est", "et", "il", "je", "la", "le", "les", "leur", "mais", "ne", "nous", "ou", "où", "par", "pas", "pour",
    "que", "qui", "sont", "sur", "un", "une", "votre", "vous",
];

/// Words that are frequent in English and not in French, without those of SQL (`and`, `in`, `is`, `where`).
const ENGLISH: [&str; 40] = [
    "a", "about", "an", "are", "be", "been", "but", "by", "can", "do", "does", "for", "has", "have", "how", "if", "it",
    "its", "more", "most", "my", "of", "should", "so", "than", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "what", "which", "will", "with", "you",
];

/// `None` if it is not clear.
pub fn language_of(blocks: &[impl AsRef<str>]) -> Option<Language> {
    let (mut french, mut english, mut examined) = (0, 0, 0);
    let prose = blocks.iter().map(AsRef::as_ref).filter(|block| !is_code(block));
    let words = prose.flat_map(|block| block.split(|letter: char| !letter.is_alphanumeric()));
    for word in words {
        examined += word.len() + 1;
        if examined > MAX_EXAMINED {
            break;
        }
        let word = word.to_ascii_lowercase();
        // The first half of an elision (`l'index`, `qu’elle`) is no English word.
        let is_elision = matches!(word.as_str(), "l" | "qu" | "j" | "c" | "n" | "d");
        french += usize::from(is_elision || FRENCH.contains(&word.as_str()));
        english += usize::from(ENGLISH.contains(&word.as_str()));
    }
    // Twice as many, because an answer may quote the other language.
    match (french, english) {
        _ if french >= MIN_WORDS && french >= 2 * english => Some(Language::French),
        _ if english >= MIN_WORDS && english >= 2 * french => Some(Language::English),
        _ => None,
    }
}

fn is_code(block: &str) -> bool {
    ["```", "~~~", "    ", "\t"].iter().any(|mark| block.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_an_answer_is_detected_by_its_frequent_words() {
        for (blocks, language) in [
            (vec!["Un index n'est pas toujours utile\u{a0}: l’optimiseur le sait."], Some(Language::French)),
            (vec!["Look at the waits of this session, with `v$session`."], Some(Language::English)),
            (vec!["The word “de” is French, and that is all there is to it."], Some(Language::English)),
            (
                vec!["```\nthe of to a this\n```", "Voici la liste des sessions et de leurs attentes."],
                Some(Language::French),
            ),
            (vec!["| event | ms |\n|---|---|\n| log file sync | 12 |"], None),
            (vec!["select * from t where a in (1) and b is null"], None),
            (vec!["Das ist der Plan, den die Datenbank nimmt."], None),
            (vec!["Oui."], None),
            (vec![], None),
        ] {
            assert_eq!(language_of(&blocks), language, "{blocks:?}");
        }
    }
}
