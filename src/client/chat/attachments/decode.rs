//! The text in a file's bytes: UTF-8, UTF-16 with its byte order mark, or else Windows-1252, which reports of older
//! databases are written in.

/// What Windows-1252 has in the place of the control characters from 0x80 on. Five bytes mean nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// `None` for bytes that are no text: a program, an image, a document of a word processor.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => str::from_utf8(rest).ok()?.to_owned(),
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes)?,
        [b'%', b'P', b'D', b'F', ..] => return None,
        _ => match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect::<Option<_>>()?,
        },
    };
    (!text.chars().any(is_binary)).then(|| text.replace("\r\n", "\n"))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<u16> = bytes.chunks(2).map(|pair| pair.try_into().ok().map(unit)).collect::<Option<_>>()?;
    String::from_utf16(&units).ok()
}

fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9F => Some(WINDOWS_1252[usize::from(byte - 0x80)]).filter(|c| *c != '\0'),
        _ => Some(char::from(byte)),
    }
}

/// Control characters that no text has. Escape is in what terminals log.
fn is_binary(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\u{8}' | '\u{c}' | '\u{1b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_every_encoding_that_reports_have() {
        assert_eq!(text_of("été €\r\n".as_bytes()).as_deref(), Some("été €\n"));
        assert_eq!(text_of("\u{feff}été".as_bytes()).as_deref(), Some("été"));
        assert_eq!(text_of(b"\xFF\xFEa\0\xE9\0").as_deref(), Some("aé"));
        assert_eq!(text_of(b"\xFE\xFF\0a\0\xE9").as_deref(), Some("aé"));
        assert_eq!(text_of(b"\xE9t\xE9 \x80 \x93x\x94").as_deref(), Some("été € “x”"));
        assert_eq!(text_of(b"").as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let zip = b"PK\x03\x04\x14\0\x06\0";
        let png = b"\x89PNG\r\n\x1a\n\0";
        for bytes in [&zip[..], png, b"%PDF-1.7\n", b"a\0b", b"\xFF\xFEa", b"\xE9 \x81"] {
            assert_eq!(text_of(bytes), None, "{bytes:?}");
        }
    }
}
