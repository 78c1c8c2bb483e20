//! How the columns of a table are aligned.

use super::tree::{Align, Table, plain_text};

impl Table {
    /// The alignment in the Markdown; without one, columns of numbers are aligned to the right.
    pub fn align(&self, column: usize) -> Align {
        match self.alignments.get(column) {
            Some(Align::Unset) | None if self.is_numeric(column) => Align::Right,
            Some(align) => *align,
            None => Align::Unset,
        }
    }

    fn is_numeric(&self, column: usize) -> bool {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| plain_text(cell));
        let mut texts = cells.filter(|text| !text.trim().is_empty()).peekable();
        texts.peek().is_some() && texts.all(|text| is_number(text.trim()))
    }
}

/// Numbers as reports print them, with a sign, separators, and a unit of up to three letters or a percent sign.
fn is_number(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-', '−', '~', '<', '>', '≈', ' ']);
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || "%µ".contains(c));
    let unit = text[digits.len()..].chars().count();
    let is_digit = |c: char| c.is_ascii_digit() || ".,'’_ \u{a0}\u{202f}".contains(c);
    unit <= 3 && digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinguished_from_words() {
        for number in ["0", "1,234.5", "1 234,5", "-3", "98.7 %", "12ms", "4 GB", "3K", "<1"] {
            assert!(is_number(number), "{number}");
        }
        for word in ["", "a", "12c-like", "10.0.0.1/x", "SYS", "3 sessions", "2026-01-02"] {
            assert!(!is_number(word), "{word}");
        }
    }
}
