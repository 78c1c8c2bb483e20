//! How texts are changed before they are stored or searched.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest title made of a question, in characters.
const MAX_MADE_TITLE_CHARS: usize = 60;

/// Replaces U+0000, which PostgreSQL does not accept, as Markdown does (CommonMark §2.3).
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// The first line of a question with a letter or digit, cut to 60 characters. A fence of code, or a rule of a report, says
/// nothing; it is the title only where there is nothing else.
pub fn title_of(question: &str) -> String {
    let lines = || question.lines().map(one_line).filter(|line| !line.is_empty());
    let line = lines().find(|line| line.chars().any(char::is_alphanumeric)).or_else(|| lines().next());
    let line = line.unwrap_or_default();
    match line.chars().count() > MAX_MADE_TITLE_CHARS {
        true => line.chars().take(MAX_MADE_TITLE_CHARS - 1).chain(['…']).collect(),
        false => line,
    }
}

/// A fence for a code block that holds this text: longer than any run of backticks in it, so that it can't end the block.
pub fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Trims the text, and replaces each run of white space and control characters by one space.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Folds a text for search, both the stored text and the search term: to lower case, without accents, and with ligatures
/// split. It is done here because each database folds differently.
///
/// The result is never longer than the text, so that a few messages can't fill the database: a character whose folding
/// is longer, such as U+FDFA with its 18 letters, is left as it is.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Composed first, so that composed and decomposed forms of a letter are equal.
    for c in text.nfc().filter(|c| !is_combining_mark(*c)) {
        let (start, lower) = (folded.len(), || c.to_lowercase());
        lower().nfkd().filter(|c| !is_combining_mark(*c)).for_each(|c| push_folded(&mut folded, c));
        if folded.len() - start > c.len_utf8() {
            folded.truncate(start);
            folded.push(c);
        }
    }
    // NFC makes some rare characters longer.
    while folded.len() > text.len() {
        folded.pop();
    }
    folded
}

fn push_folded(folded: &mut String, c: char) {
    match c {
        'œ' => folded.push_str("oe"),
        'æ' => folded.push_str("ae"),
        'ß' => folded.push_str("ss"),
        // Sigma at the end of a word.
        'ς' => folded.push('σ'),
        '’' => folded.push('\''),
        c => folded.push(c),
    }
}

/// A `LIKE` pattern, for use with `ESCAPE '\'`, that matches folded texts which contain `search`.
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
    fn a_title_is_the_first_line_with_text() {
        assert_eq!(title_of("hello"), "hello");
        assert_eq!(title_of("\n \t\n  Why\tis   this\u{7}slow? \r\nSELECT 1"), "Why is this slow?");
        assert_eq!(title_of(" \n "), "");
        assert_eq!(title_of("```\n-----\nWORKLOAD REPOSITORY report"), "WORKLOAD REPOSITORY report");
        assert_eq!(title_of("???\n!"), "???");
        assert_eq!(title_of(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(title_of(&"é".repeat(61)), format!("{}…", "é".repeat(59)));
    }

    #[test]
    fn no_text_has_its_own_fence() {
        for (text, length) in [("", 3), ("`a` ``", 3), ("```", 4), ("a\n`````b", 6)] {
            assert_eq!(fence(text), "`".repeat(length), "{text}");
        }
    }

    #[test]
    fn case_accents_and_ligatures_are_folded_away() {
        assert_eq!(folded("ÉTÉ à Noël, ŒUVRE, Straße, ﬁn, l’été"), "ete a noel, oeuvre, strasse, fin, l'ete");
        // Composed or not: the same letter.
        assert_eq!(folded("e\u{301}"), folded("é"));
        assert_eq!(folded("日本語 привет"), "日本語 привет");
    }

    #[test]
    fn the_folded_text_is_never_longer_than_its_source() {
        // T106. 96 KB of U+FDFA were 2.9 MB of search text.
        let fdfa = "\u{FDFA}".repeat(32_000);
        assert_eq!(folded(&fdfa), fdfa);
        for c in ('\0'..=char::MAX).filter(|c| !c.is_control()) {
            for text in [c.to_string(), c.to_string().repeat(3), format!("a{c}b")] {
                assert!(folded(&text).len() <= text.len(), "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn a_text_is_found_in_every_form_in_which_it_can_be_typed() {
        let finds = |search: &str, text: &str| folded(text).contains(&folded(search));
        for (search, text) in [
            ("한국어", "저는 한국어를 씁니다"),
            // As file names of macOS are: in parts.
            ("한국어", "저는 \u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}\u{110B}\u{1165}를"),
            ("ΟΔΟΣ", "η οδός"),
            ("οδος", "Η ΟΔΟΣ"),
            ("tieng viet", "Tiếng Việt"),
            ("istanbul", "İstanbul"),
            ("ｆｕｌｌ", "full width"),
            ("½", "½ cup"),
            ("\u{FDFA}", "a \u{FDFA} b"),
            ("Straße", "STRASSE"),
            ("हिन्दी", "यह हिन्दी है"),
        ] {
            assert!(finds(search, text), "{search} in {text}: {} in {}", folded(search), folded(text));
        }
    }

    #[test]
    fn the_special_characters_of_like_are_escaped() {
        assert_eq!(pattern("50% of a_b\\c"), "%50\\% of a\\_b\\\\c%");
        assert_eq!(pattern("É"), "%e%");
        assert_eq!(pattern(""), "%");
    }
}
