//! Halves of UTF-16 surrogate pairs. Servers that cut a text between UTF-16 units, or between tokens, write one character
//! as `"\ud83d"` in one chunk and `"\ude00"` in the next. Neither is a text of its own, so no JSON parser accepts it.

/// What a half becomes that has no other half.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// While a chunk is parsed, each of the 2048 halves is represented by a character of the last plane for private use.
const FIRST_STAND_IN: u32 = 0x10_F800;
const FIRST_HALF: u32 = 0xD800;
const HALVES: u32 = 0x800;

/// The characters of an answer, put together from pieces that may begin or end with a half.
#[derive(Default)]
pub struct Halves {
    /// The first half of a pair, which ended the last piece.
    waiting: Option<u16>,
}

/// The JSON with a stand-in for every half that has no other half beside it. `None` if there is no such half.
pub fn with_stand_ins(json: &str) -> Option<String> {
    let mut replaced = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(backslash) = json.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        let escape = at + backslash;
        let Some(unit) = escaped_unit(json, escape) else {
            // The character after the backslash may be another one.
            at = (escape + 2).min(json.len());
            continue;
        };
        at = escape + 6;
        match unit {
            0xD800..0xDC00 if matches!(escaped_unit(json, at), Some(0xDC00..0xE000)) => at += 6,
            0xD800..0xE000 => {
                replaced.push_str(&json[copied..escape]);
                replaced.extend(char::from_u32(FIRST_STAND_IN + u32::from(unit) - FIRST_HALF));
                copied = at;
            }
            _ => {}
        }
    }
    (copied > 0).then(|| replaced + &json[copied..])
}

/// The UTF-16 unit that is escaped at this position.
fn escaped_unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

impl Halves {
    /// The next piece, with whole characters only. The first half of a pair waits for the second at its end. Only a piece
    /// from JSON that [`with_stand_ins`] has changed has stand-ins.
    pub fn join(&mut self, piece: String, has_stand_ins: bool) -> String {
        if piece.is_empty() || (self.waiting.is_none() && !has_stand_ins) {
            return piece;
        }
        let mut joined = String::with_capacity(piece.len() + REPLACEMENT.len_utf8());
        for character in piece.chars() {
            let half = Self::half(character).filter(|_| has_stand_ins);
            match (self.waiting.take(), half) {
                (Some(first), Some(second @ 0xDC00..)) => {
                    joined.extend(char::decode_utf16([first, second]).map(|decoded| decoded.unwrap_or(REPLACEMENT)));
                    continue;
                }
                (Some(_), _) => joined.push(REPLACEMENT),
                (None, _) => {}
            }
            match half {
                Some(first @ ..0xDC00) => self.waiting = Some(first),
                Some(_) => joined.push(REPLACEMENT),
                None => joined.push(character),
            }
        }
        joined
    }

    /// What is left at the end of the answer.
    pub fn rest(&mut self) -> String {
        self.waiting.take().map(|_| REPLACEMENT.to_string()).unwrap_or_default()
    }

    fn half(character: char) -> Option<u16> {
        let place = u32::from(character).checked_sub(FIRST_STAND_IN).filter(|place| *place < HALVES)?;
        u16::try_from(FIRST_HALF + place).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&str]) -> String {
        let mut halves = Halves::default();
        let mut text = String::new();
        for json in pieces {
            let json = format!("\"{json}\"");
            let with_stand_ins = with_stand_ins(&json);
            let piece = serde_json::from_str(with_stand_ins.as_deref().unwrap_or(&json)).unwrap();
            text.push_str(&halves.join(piece, with_stand_ins.is_some()));
        }
        text + &halves.rest()
    }

    #[test]
    fn halves_in_two_pieces_are_joined_and_others_are_replaced() {
        for (pieces, expected) in [
            (&[r"a\ud83d", r"\ude00b"][..], "a😀b"),
            (&[r"\uD83D", "", r"\uDE00"], "😀"),
            (&[r"\ud83d\ude00"], "😀"),
            (&[r"\ud83d", "x"], "\u{fffd}x"),
            (&["x", r"\ude00"], "x\u{fffd}"),
            (&[r"\ude00\ud83d"], "\u{fffd}\u{fffd}"),
            (&[r"\ud83d\ud83d\ude00"], "\u{fffd}😀"),
            (&[r"\ud83d", r"\ud83d", r"\ude00"], "\u{fffd}😀"),
            (&[r"\\ud83d", r"\n\u00e9"], "\\ud83d\né"),
            (&["\u{10f83d}"], "\u{10f83d}"),
        ] {
            assert_eq!(joined(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn json_without_halves_is_left_as_it_is() {
        for json in [r#""a""#, r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u12"#, r#""\u"#, "\\", "\"\\é\""] {
            assert_eq!(with_stand_ins(json), None, "{json}");
        }
    }
}
