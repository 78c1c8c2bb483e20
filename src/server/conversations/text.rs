//! What becomes of texts on their way into the store.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest title made of a question, in characters.
const MAX_MADE_TITLE_CHARS: usize = 60;

/// A text that every database keeps as it is: U+0000, which PostgreSQL does not, is replaced as in Markdown
/// (CommonMark §2.3).
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// The first line of a question that has anything in it, on one line and cut to 60 characters.
pub fn title_of(question: &str) -> String {
    let line = question.lines().map(one_line).find(|line| !line.is_empty()).unwrap_or_default();
    match line.chars().count() > MAX_MADE_TITLE_CHARS {
        true => line.chars().take(MAX_MADE_TITLE_CHARS - 1).chain(['…']).collect(),
        false => line,
    }
}

/// Without white space at its ends, and with one space for all other white space and control characters.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// What is searched, and searched for: in lower case, without accents and with ligatures apart. The databases would
/// each fold in a way of their own.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            '’' => folded.push('\''),
            c => folded.push(c),
        }
    }
    folded
}

/// A `LIKE` pattern, to be used with `ESCAPE '\'`, for texts in which `search` occurs; folded like them.
pub fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in folded(search).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if pattern.len() > 1 {
        pattern.push('%');
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_that_says_something() {
        assert_eq!(title_of("hello"), "hello");
        assert_eq!(title_of("\n \t\n  Why\tis   this\u{7}slow? \r\nSELECT 1"), "Why is this slow?");
        assert_eq!(title_of(" \n "), "");
        assert_eq!(title_of(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(title_of(&"é".repeat(61)), format!("{}…", "é".repeat(59)));
    }

    #[test]
    fn case_accents_and_ligatures_are_folded_away() {
        assert_eq!(folded("ÉTÉ à Noël, ŒUVRE, Straße, ﬁn, l’été"), "ete a noel, oeuvre, strasse, fin, l'ete");
        // Composed or not: the same letter.
        assert_eq!(folded("e\u{301}"), folded("é"));
        assert_eq!(folded("日本語 привет"), "日本語 привет");
    }

    #[test]
    fn what_like_takes_for_itself_is_escaped() {
        assert_eq!(pattern("50% of a_b\\c"), "%50\\% of a\\_b\\\\c%");
        assert_eq!(pattern("É"), "%e%");
        assert_eq!(pattern(""), "%");
    }
}
