//! Characters written as something else (CommonMark 0.31 §2.4 and §2.5).

use crate::client::markdown::scan::Scan;

/// What is written in English and French, of the 2,125 names that HTML knows. Any other is shown as it is written.
const NAMED: [(&str, char); 56] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("agrave", 'à'),
    ("acirc", 'â'),
    ("ccedil", 'ç'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("ocirc", 'ô'),
    ("oelig", 'œ'),
    ("ugrave", 'ù'),
    ("ucirc", 'û'),
    ("Agrave", 'À'),
    ("Ccedil", 'Ç'),
    ("Eacute", 'É'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("bull", '•'),
    ("middot", '·'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("deg", '°'),
    ("euro", '€'),
    ("pound", '£'),
    ("sect", '§'),
    ("micro", 'µ'),
    ("times", '×'),
    ("divide", '÷'),
    ("plusmn", '±'),
    ("minus", '−'),
    ("ne", '≠'),
    ("le", '≤'),
    ("ge", '≥'),
    ("asymp", '≈'),
    ("infin", '∞'),
    ("sum", '∑'),
    ("larr", '←'),
    ("rarr", '→'),
    ("uarr", '↑'),
    ("darr", '↓'),
    ("rArr", '⇒'),
];

/// The character that is named here, between `&` and `;`.
pub fn entity(scan: &mut Scan<'_>) -> Option<char> {
    let mut ahead = *scan;
    if !ahead.eat(b'&') {
        return None;
    }
    let character = if ahead.eat(b'#') { numeric(&mut ahead) } else { named(&mut ahead) }?;
    if !ahead.eat(b';') {
        return None;
    }
    *scan = ahead;
    Some(character)
}

fn numeric(scan: &mut Scan<'_>) -> Option<char> {
    let (base, most) = if scan.eat(b'x') || scan.eat(b'X') { (16, 6) } else { (10, 7) };
    let (start, mut code) = (scan.at, 0);
    while let Some(digit) = char::from(scan.byte()).to_digit(base) {
        code = code * base + digit;
        scan.at += 1;
        if scan.at - start > most {
            return None;
        }
    }
    let character = char::from_u32(code).filter(|character| *character != '\0').unwrap_or(char::REPLACEMENT_CHARACTER);
    (scan.at > start).then_some(character)
}

fn named(scan: &mut Scan<'_>) -> Option<char> {
    let start = scan.at;
    while scan.byte().is_ascii_alphabetic() {
        scan.at += 1;
    }
    let name = scan.between(start, scan.at);
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// A text where only these count: an address, or what a fence says.
pub fn unescaped(text: &str) -> String {
    let mut scan = Scan::new(text);
    let mut unescaped = String::new();
    let mut start = 0;
    while !scan.is_at_end() {
        let before = scan.at;
        if is_escape(scan) {
            unescaped.push_str(scan.between(start, before));
            start = before + 1;
            scan.at += 2;
        } else if let Some(character) = entity(&mut scan) {
            unescaped.push_str(scan.between(start, before));
            unescaped.push(character);
            start = scan.at;
        } else {
            scan.at += 1;
        }
    }
    unescaped.push_str(scan.between(start, scan.at));
    unescaped
}

/// A backslash, and what can be escaped.
pub fn is_escape(scan: Scan<'_>) -> bool {
    scan.byte() == b'\\' && scan.byte_at(scan.at + 1).is_ascii_punctuation()
}
