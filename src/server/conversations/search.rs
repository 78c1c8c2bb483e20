//! What is searched for in conversations.

use super::text::folded;

/// So many words of a search count.
const MAX_TERMS: usize = 16;

/// The words of a search. A conversation is found if its title or its messages have each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Folded, as what is searched.
    pub text: String,
    /// Whether the index has it, at the beginning of a word. Other terms are looked for in all texts of the person: words in
    /// scripts without spaces, and punctuation where a search has nothing else.
    pub is_indexed: bool,
}

impl Search {
    /// Words are what stands between spaces and punctuation: `ora-00600` is two.
    pub fn parse(text: &str) -> Self {
        let folded = folded(text);
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut terms: Vec<_> = words.map(Term::word).collect();
        if terms.is_empty() {
            let marks = folded.split_whitespace();
            terms.extend(marks.map(|marks| Term { text: marks.to_owned(), is_indexed: false }));
        }
        terms.dedup();
        terms.truncate(MAX_TERMS);
        Self { terms }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl Term {
    fn word(word: &str) -> Self {
        Self { text: word.to_owned(), is_indexed: !word.chars().any(is_of_script_without_spaces) }
    }
}

/// Thai, Lao, Tibetan, Burmese, Khmer, Chinese and Japanese: no index of words knows where theirs begin.
fn is_of_script_without_spaces(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x109F | 0x1780..=0x17FF | 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF66..=0xFF9D | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, bool)> {
        Search::parse(text).terms.into_iter().map(|term| (term.text, term.is_indexed)).collect()
    }

    #[test]
    fn a_search_is_made_of_words() {
        let word = |text: &str| (text.to_owned(), true);
        let scanned = |text: &str| (text.to_owned(), false);
        for (text, terms) in [
            ("", vec![]),
            (" \t ", vec![]),
            ("Library  LATCH", vec![word("library"), word("latch")]),
            ("l’été", vec![word("l"), word("ete")]),
            ("ORA-00600: v$session_wait", vec![word("ora"), word("00600"), word("v"), word("session"), word("wait")]),
            ("50% & more", vec![word("50"), word("more")]),
            ("=> %", vec![scanned("=>"), scanned("%")]),
            ("日本語 index", vec![scanned("日本語"), word("index")]),
            ("한국어", vec![word("한국어")]),
            ("a a", vec![word("a")]),
        ] {
            assert_eq!(parsed(text), terms, "{text}");
        }
        assert_eq!(Search::parse(&"a b ".repeat(50)).terms.len(), MAX_TERMS);
    }
}
