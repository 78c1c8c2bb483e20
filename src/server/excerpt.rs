//! Texts of external services, made fit for the log: one short line, without our secrets (T101).
//!
//! Providers quote what they refuse (`"could not look up refresh token <the token>"`), models quote questions and keys.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    ops::Range,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded::byte_serialize;

/// In characters.
const LONGEST: usize = 200;

/// The rest of a longer text is ignored, in bytes.
const MOST_BYTES: usize = 4096;

/// A text quotes a secret if it has this many consecutive bytes in common with it.
const PART: usize = 12;

/// A secret shorter than this is only redacted where it stands alone: it may be a part of any word.
const SHORT: usize = 6;

/// What ID tokens, assertions and many access tokens begin with.
const JWT_BEGINS: &str = "eyJ";

const REDACTED: &str = "[redacted]";

/// At most 200 characters of a text, without control characters.
pub struct Excerpt {
    text: String,
    /// For each of its bytes, whether it belongs to a secret.
    hidden: Vec<bool>,
}

/// JWTs are redacted in any case; see [`Excerpt::without`] for the rest.
pub fn excerpt(text: &str) -> Excerpt {
    let whole = text.char_indices().take_while(|(start, letter)| start + letter.len_utf8() <= MOST_BYTES);
    let text: String = whole.filter_map(|(_, letter)| fit(letter)).collect();
    let mut excerpt = Excerpt { hidden: vec![false; text.len()], text };
    excerpt.hide_jwts();
    excerpt
}

impl Excerpt {
    /// With `[redacted]` in place of each of these secrets and of each part of one, as they are or as a form encodes them.
    pub fn without<'s>(mut self, secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut parts: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (start, part) in self.text.as_bytes().windows(PART).enumerate() {
            parts.entry(part).or_default().push(start);
        }
        let mut found = vec![];
        for secret in secrets {
            let encoded: [String; 2] = [byte_serialize(secret.as_bytes()).collect(), percent_encoded(secret)];
            let encoded = encoded.iter().map(String::as_str).filter(|encoded| *encoded != secret);
            for written in [secret].into_iter().chain(encoded) {
                // Once is enough for each part: all its places are found with it.
                for part in written.as_bytes().windows(PART) {
                    found.extend(parts.remove(part).into_iter().flatten().map(|start| start..start + PART));
                }
                if (1..PART).contains(&written.len()) {
                    let all = self.text.match_indices(written).map(|(start, _)| start..start + written.len());
                    found.extend(
                        all.filter(|place| written.len() >= SHORT || self.stands_alone(place.start, place.end)),
                    );
                }
            }
        }
        self.hide(found);
        self
    }

    fn hide_jwts(&mut self) {
        let bytes = self.text.as_bytes();
        let length_at = |start: usize| bytes[start..].iter().take_while(|byte| is_of_token(**byte)).count();
        let jwts = self.text.match_indices(JWT_BEGINS).map(|(start, _)| start..start + length_at(start));
        let jwts = jwts.filter(|place| place.len() >= PART).collect();
        self.hide(jwts);
    }

    /// Each with the rest of the token that it is a part of.
    fn hide(&mut self, places: Vec<Range<usize>>) {
        places.into_iter().for_each(|place| self.hidden[place].fill(true));
        let mut rest = &mut self.hidden[..];
        for token in self.text.as_bytes().chunk_by(|one, next| is_of_token(*one) == is_of_token(*next)) {
            let (hidden, after) = rest.split_at_mut(token.len());
            if is_of_token(token[0]) && hidden.contains(&true) {
                hidden.fill(true);
            }
            rest = after;
        }
    }

    fn stands_alone(&self, start: usize, end: usize) -> bool {
        let (before, after) = (self.text[..start].chars().next_back(), self.text[end..].chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut written, mut was_hidden) = (0, false);
        for (start, letter) in self.text.char_indices() {
            let is_hidden = self.hidden[start..start + letter.len_utf8()].contains(&true);
            if written >= LONGEST {
                return f.write_char('…');
            }
            match (is_hidden, was_hidden) {
                (true, false) => {
                    f.write_str(REDACTED)?;
                    written += REDACTED.len();
                }
                (true, true) => {}
                (false, _) => {
                    f.write_char(letter)?;
                    written += 1;
                }
            }
            was_hidden = is_hidden;
        }
        Ok(())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A blank for a line's end and the like; nothing for what is not seen, or turns the direction of what is.
fn fit(letter: char) -> Option<char> {
    match letter {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        '\u{2028}' | '\u{2029}' => Some(' '),
        letter if letter.is_control() => Some(' '),
        letter => Some(letter),
    }
}

/// Of tokens in general, percent-encoded or in base64.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=%".contains(&byte)
}

fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, secrets: &[&str]) -> String {
        excerpt(text).without(secrets.iter().copied()).to_string()
    }

    #[test]
    fn what_was_sent_is_redacted_whole_or_in_part_and_however_it_is_encoded() {
        // T101: a real provider's text, in the log as it was.
        let token = "MTQ0NjJkZmQ5OTM2NDE1ZTZjNGZmZjI3";
        for (text, expected) in [
            (format!("could not look up refresh token {token}"), "could not look up refresh token [redacted]"),
            (format!("token \"{token}\": revoked"), "token \"[redacted]\": revoked"),
            (format!("begins with {}", &token[..14]), "begins with [redacted]"),
            (format!("{token}.new-part and more"), "[redacted] and more"),
            ("nothing of it".into(), "nothing of it"),
        ] {
            assert_eq!(without(&text, &[token]), expected);
        }
        let secret = "s:cr&t =%+é";
        for text in ["s:cr&t =%+é", "s%3Acr%26t+%3D%25%2B%C3%A9", "s%3Acr%26t%20%3D%25%2B%C3%A9"] {
            assert_eq!(without(&format!("is <{text}> right"), &[secret]), "is <[redacted]> right");
        }
    }

    #[test]
    fn a_short_secret_is_redacted_where_it_is_no_part_of_a_word() {
        assert_eq!(without("ok: token ok", &["ok"]), "[redacted]: token [redacted]");
        assert_eq!(without("okay, a book", &["ok"]), "okay, a book");
        assert_eq!(without("xhunter2x", &["hunter2"]), "[redacted]");
        assert_eq!(without("as it was", &[""]), "as it was");
    }

    #[test]
    fn a_jwt_is_redacted_whoever_made_it() {
        let text = "id_token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. is not good";
        assert_eq!(without(text, &[]), "id_token [redacted] is not good");
    }

    #[test]
    fn a_long_text_is_cut_after_its_secrets_are_taken_out() {
        // One that lies across the end, of the excerpt or of what is looked at.
        let secret = "s3cret-".repeat(1000);
        for blanks in [0, 190, 195, 4090] {
            let text = format!("{}{secret}", "a ".repeat(blanks / 2));
            let excerpt = without(&text, &[&secret]);
            assert!(
                !excerpt.contains("s3cret") && excerpt.chars().count() <= LONGEST + REDACTED.len() + 1,
                "{excerpt}"
            );
        }
        assert_eq!(without(&"é".repeat(100_000), &[]), format!("{}…", "é".repeat(LONGEST)));
        assert_eq!(without(&"é".repeat(LONGEST), &[]), "é".repeat(LONGEST));
    }

    #[test]
    fn it_is_one_line_that_is_read_as_it_is_written() {
        // T102
        assert_eq!(without("a\r\nb\u{1b}[31m\u{2028}c\u{202e}d\u{200b}e", &[]), "a  b [31m cde");
    }

    #[test]
    fn a_secret_that_repeats_itself_is_redacted() {
        let same = "a".repeat(100_000);
        assert_eq!(without(&same, &[&same]), REDACTED);
    }
}
