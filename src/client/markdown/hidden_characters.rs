//! Finds characters in code that are invisible or change the order of the visible ones: with them, the code that a
//! person reads differs from the code that they run (Trojan Source, CVE-2021-42574).

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Visible(&'a str),
    Hidden(char),
}

/// Soft hyphens, zero-width characters, direction marks and invisible operators, which have no use in code or
/// addresses.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

pub fn has_hidden(text: &str) -> bool {
    text.chars().any(is_hidden)
}

/// Splits a text into its visible pieces and its hidden characters.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start) = (vec![], 0);
    for (at, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
        if start < at {
            pieces.push(Piece::Visible(&text[start..at]));
        }
        pieces.push(Piece::Hidden(c));
        start = at + c.len_utf8();
    }
    if start < text.len() {
        pieces.push(Piece::Visible(&text[start..]));
    }
    pieces
}

/// The code point that is shown in place of the character: `U+202E`.
pub fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// Besides invisible characters: control characters, which a terminal may execute, line separators that compilers don't
/// treat as such, letters without a glyph, and tag characters.
fn is_hidden(c: char) -> bool {
    is_invisible(c)
        || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
        || matches!(
            c,
            '\u{34f}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{3164}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_in_code_are_found_and_named() {
        // A bidirectional override in a comment turned the rest of its line around, unmarked.
        let code = "if admin {\u{202e}\u{2066}// check\u{2069}\u{200b}\n";
        assert!(has_hidden(code));
        let found: Vec<_> = pieces(code)
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hidden(c) => Some(code_point(*c)),
                Piece::Visible(_) => None,
            })
            .collect();
        assert_eq!(found, ["U+202E", "U+2066", "U+2069", "U+200B"]);
    }

    #[test]
    fn the_pieces_make_up_the_text() {
        for text in ["", "a", "\u{202e}", "a\u{200b}b\u{feff}", "\u{1b}[2Jé\u{3164}x", "a\u{e0041}"] {
            let whole: String = pieces(text)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Visible(text) => text.to_owned(),
                    Piece::Hidden(c) => c.to_string(),
                })
                .collect();
            assert_eq!(whole, text);
        }
    }

    #[test]
    fn ordinary_code_has_no_hidden_characters() {
        for text in ["select 1;\n\tfrom dual\r\n", "-- é, 漢字, שלום, \u{1f600}", "⚠\u{fe0f}", "a\u{a0}b"] {
            assert!(!has_hidden(text), "{text:?}");
        }
    }
}
