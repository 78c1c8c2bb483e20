//! In which of our languages an answer is written, as well as its small words tell: screen readers pronounce it by that.

use crate::client::language::Language;

/// As much of an answer as is looked at, in bytes.
const LOOKED_AT: usize = 2_000;

/// Fewer words than this tell nothing.
const FEWEST: usize = 3;

/// Words that are frequent in French, and none in English.
const FRENCH: [&str; 40] = [
    "au", "aussi", "aux", "avec", "avez", "ce", "cela", "ces", "cette", "chaque", "dans", "de", "des", "donc", "du",
    "elle", "est", "et", "il", "je", "la", "le", "les", "leur", "mais", "ne", "nous", "ou", "où", "par", "pas", "pour",
    "que", "qui", "sont", "sur", "un", "une", "votre", "vous",
];

/// And the other way round. Those of SQL (`and`, `in`, `is`, `where`) would tell nothing.
const ENGLISH: [&str; 40] = [
    "a", "about", "an", "are", "be", "been", "but", "by", "can", "do", "does", "for", "has", "have", "how", "if", "it",
    "its", "more", "most", "my", "of", "should", "so", "than", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "what", "which", "will", "with", "you",
];

/// Nothing where it is not clear.
pub fn language_of(blocks: &[impl AsRef<str>]) -> Option<Language> {
    let (mut french, mut english, mut looked_at) = (0, 0, 0);
    let prose = blocks.iter().map(AsRef::as_ref).filter(|block| !is_code(block));
    let words = prose.flat_map(|block| block.split(|letter: char| !letter.is_alphanumeric()));
    for word in words {
        looked_at += word.len() + 1;
        if looked_at > LOOKED_AT {
            break;
        }
        let word = word.to_ascii_lowercase();
        // An elision (`l'index`, `qu’elle`) leaves its beginning, which is no English word.
        let is_elision = matches!(word.as_str(), "l" | "qu" | "j" | "c" | "n" | "d");
        french += usize::from(is_elision || FRENCH.contains(&word.as_str()));
        english += usize::from(ENGLISH.contains(&word.as_str()));
    }
    // Twice as many: one language quotes the other.
    match (french, english) {
        _ if french >= FEWEST && french >= 2 * english => Some(Language::French),
        _ if english >= FEWEST && english >= 2 * french => Some(Language::English),
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
    fn an_answer_is_in_the_language_of_its_small_words() {
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
