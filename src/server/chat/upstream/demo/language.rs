//! Guesses the language of a message from frequent words.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    French,
}

/// Words that are frequent in French, and not English.
const FRENCH: [&str; 45] = [
    "au", "aux", "avec", "bonjour", "bonsoir", "ce", "cette", "comment", "dans", "de", "des", "donne", "du", "elle",
    "est", "et", "il", "je", "la", "le", "les", "ma", "merci", "mes", "moi", "montre", "nous", "ou", "où", "pas",
    "pour", "pourquoi", "quand", "que", "quel", "quelle", "qui", "quoi", "salut", "sont", "sur", "tu", "un", "une",
    "vous",
];

/// Words that are frequent in English, and not French, for messages that quote the other language.
const ENGLISH: [&str; 26] = [
    "and", "are", "can", "do", "does", "for", "hello", "how", "i", "in", "is", "it", "my", "of", "please", "that",
    "the", "this", "to", "what", "when", "where", "who", "why", "with", "you",
];

impl Language {
    pub fn of(message: &str) -> Self {
        // An elision (`l'index`, `qu’est-ce`) is split into two words, the first of which is not English.
        let words = message.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
        let (mut french, mut english) = (0, 0);
        for word in words {
            let is_elision = matches!(word.as_str(), "l" | "qu" | "j" | "c" | "n");
            french += usize::from(is_elision || FRENCH.contains(&word.as_str()));
            english += usize::from(ENGLISH.contains(&word.as_str()));
        }
        if french > english { Self::French } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_answered_in_its_language() {
        for message in [
            "Bonjour !",
            "Montre-moi un tableau",
            "/table s'il vous plaît",
            "Pourquoi l'index n’est-il pas utilisé ?",
            "MERCI",
            "Que veut dire “full table scan” ?",
        ] {
            assert_eq!(Language::of(message), Language::French, "{message}");
        }
        for message in [
            "",
            "/table",
            "Hello",
            "Is anybody there?",
            "What does “base de données” mean in English?",
            "select * from t",
            "/slow tell me everything",
            "🦀",
        ] {
            assert_eq!(Language::of(message), Language::English, "{message}");
        }
    }
}
