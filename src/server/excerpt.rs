//! Excerpts of external texts for the log: one short line, with secrets redacted (T101).
//!
//! Providers quote what they refuse (`"could not look up refresh token <the token>"`), and models quote questions and API
//! keys.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    ops::Range,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded::byte_serialize;

/// The maximum length of an excerpt, in characters.
const MAX_CHARS: usize = 200;

/// Only this many bytes of a text are read.
const MAX_BYTES: usize = 4096;

/// A text quotes a secret if it has this many consecutive bytes in common with it.
const PART_LEN: usize = 12;

/// A secret shorter than this is redacted only as a whole word, as it may occur by chance within words.
const MIN_UNIQUE_LEN: usize = 6;

/// The beginning of every JWT: `{"` in base64url.
const JWT_PREFIX: &str = "eyJ";

const REDACTED: &str = "[redacted]";

/// At most 200 characters of a text, without control characters.
pub struct Excerpt {
    text: String,
    /// For each byte, whether it is redacted.
    redacted: Vec<bool>,
}

/// An excerpt with JWTs redacted. See [`Excerpt::without`] for other secrets.
pub fn excerpt(text: &str) -> Excerpt {
    let whole = text.char_indices().take_while(|(start, character)| start + character.len_utf8() <= MAX_BYTES);
    let text: String = whole.filter_map(|(_, character)| sanitized(character)).collect();
    let mut excerpt = Excerpt { redacted: vec![false; text.len()], text };
    excerpt.redact_jwts();
    excerpt
}

impl Excerpt {
    /// Redacts these secrets and parts of them, as they are or percent-encoded. The whole token around a match is replaced by
    /// `[redacted]`.
    pub fn without<'s>(mut self, secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut parts: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (start, part) in self.text.as_bytes().windows(PART_LEN).enumerate() {
            parts.entry(part).or_default().push(start);
        }
        let mut found = vec![];
        for secret in secrets {
            let encoded: [String; 2] = [byte_serialize(secret.as_bytes()).collect(), percent_encoded(secret)];
            let encoded = encoded.iter().map(String::as_str).filter(|encoded| *encoded != secret);
            for form in [secret].into_iter().chain(encoded) {
                // Each part is looked up once, which finds all its positions.
                for part in form.as_bytes().windows(PART_LEN) {
                    found.extend(parts.remove(part).into_iter().flatten().map(|start| start..start + PART_LEN));
                }
                if (1..PART_LEN).contains(&form.len()) {
                    let all = self.text.match_indices(form).map(|(start, _)| start..start + form.len());
                    found.extend(
                        all.filter(|range| form.len() >= MIN_UNIQUE_LEN || self.is_whole_word(range.start, range.end)),
                    );
                }
            }
        }
        self.redact(found);
        self
    }

    fn redact_jwts(&mut self) {
        let bytes = self.text.as_bytes();
        let length_at = |start: usize| bytes[start..].iter().take_while(|byte| is_token_byte(**byte)).count();
        let jwts = self.text.match_indices(JWT_PREFIX).map(|(start, _)| start..start + length_at(start));
        let jwts = jwts.filter(|range| range.len() >= PART_LEN).collect();
        self.redact(jwts);
    }

    /// Redacts these ranges, each with the whole token around it.
    fn redact(&mut self, ranges: Vec<Range<usize>>) {
        ranges.into_iter().for_each(|range| self.redacted[range].fill(true));
        let mut rest = &mut self.redacted[..];
        for token in self.text.as_bytes().chunk_by(|one, next| is_token_byte(*one) == is_token_byte(*next)) {
            let (redacted, after) = rest.split_at_mut(token.len());
            if is_token_byte(token[0]) && redacted.contains(&true) {
                redacted.fill(true);
            }
            rest = after;
        }
    }

    fn is_whole_word(&self, start: usize, end: usize) -> bool {
        let (before, after) = (self.text[..start].chars().next_back(), self.text[end..].chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut written, mut was_redacted) = (0, false);
        for (start, character) in self.text.char_indices() {
            let is_redacted = self.redacted[start..start + character.len_utf8()].contains(&true);
            if written >= MAX_CHARS {
                return f.write_char('…');
            }
            match (is_redacted, was_redacted) {
                (true, false) => {
                    f.write_str(REDACTED)?;
                    written += REDACTED.len();
                }
                (true, true) => {}
                (false, _) => {
                    f.write_char(character)?;
                    written += 1;
                }
            }
            was_redacted = is_redacted;
        }
        Ok(())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Replaces control characters by a space, and removes invisible characters and those that change the text's direction.
fn sanitized(character: char) -> Option<char> {
    match character {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        '\u{2028}' | '\u{2029}' => Some(' '),
        character if character.is_control() => Some(' '),
        character => Some(character),
    }
}

/// Whether the byte occurs in tokens, also in base64 or percent-encoded ones.
fn is_token_byte(byte: u8) -> bool {
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
    fn a_secret_is_redacted_as_a_whole_or_in_part_and_also_if_it_is_encoded() {
        // T101: the text of a real provider, which was once logged unchanged.
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
    fn a_short_secret_is_redacted_unless_it_is_part_of_a_word() {
        assert_eq!(without("ok: token ok", &["ok"]), "[redacted]: token [redacted]");
        assert_eq!(without("okay, a book", &["ok"]), "okay, a book");
        assert_eq!(without("xhunter2x", &["hunter2"]), "[redacted]");
        assert_eq!(without("as it was", &[""]), "as it was");
    }

    #[test]
    fn every_jwt_is_redacted() {
        let text = "id_token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. is not good";
        assert_eq!(without(text, &[]), "id_token [redacted] is not good");
    }

    #[test]
    fn a_long_text_is_cut_after_its_secrets_are_redacted() {
        // With a secret that extends beyond the end of the excerpt, or of what is read.
        let secret = "s3cret-".repeat(1000);
        for blanks in [0, 190, 195, 4090] {
            let text = format!("{}{secret}", "a ".repeat(blanks / 2));
            let excerpt = without(&text, &[&secret]);
            assert!(
                !excerpt.contains("s3cret") && excerpt.chars().count() <= MAX_CHARS + REDACTED.len() + 1,
                "{excerpt}"
            );
        }
        assert_eq!(without(&"é".repeat(100_000), &[]), format!("{}…", "é".repeat(MAX_CHARS)));
        assert_eq!(without(&"é".repeat(MAX_CHARS), &[]), "é".repeat(MAX_CHARS));
    }

    #[test]
    fn an_excerpt_is_one_line_without_invisible_characters() {
        // T102
        assert_eq!(without("a\r\nb\u{1b}[31m\u{2028}c\u{202e}d\u{200b}e", &[]), "a  b [31m cde");
    }

    #[test]
    fn a_secret_that_repeats_itself_is_redacted() {
        let same = "a".repeat(100_000);
        assert_eq!(without(&same, &[&same]), REDACTED);
    }
}
