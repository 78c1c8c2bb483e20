//! Raw HTML among text, and addresses between `<` and `>` (CommonMark 0.31 §6.5 and §6.6).

use crate::client::markdown::scan::Scan;

/// Marks that were looked for in vain: they are not there further on either.
#[derive(Default)]
pub struct Missing([bool; 4]);

const LONG: [(&str, &str); 4] = [("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">")];

/// Reads over HTML of any kind.
pub fn html(scan: &mut Scan<'_>, missing: &mut Missing) -> bool {
    let mut ahead = *scan;
    for ((begin, end), is_missing) in LONG.iter().zip(&mut missing.0) {
        let is_declaration = *begin != "<!" || ahead.byte_at(ahead.at + 2).is_ascii_alphabetic();
        if !is_declaration || !ahead.rest().starts_with(begin) {
            continue;
        }
        ahead.at += begin.len();
        // `<!-->` and `<!--->` are whole.
        if *begin == "<!--" && (ahead.eat_word(">") || ahead.eat_word("->")) {
            *scan = ahead;
            return true;
        }
        *is_missing = *is_missing || !ahead.find(end);
        if !*is_missing {
            *scan = ahead;
        }
        return !*is_missing;
    }
    tag(scan)
}

/// Reads over a tag, opening or closing.
pub fn tag(scan: &mut Scan<'_>) -> bool {
    let mut ahead = *scan;
    if !ahead.eat(b'<') {
        return false;
    }
    let closes = ahead.eat(b'/');
    if !ahead.byte().is_ascii_alphabetic() {
        return false;
    }
    while ahead.byte().is_ascii_alphanumeric() || ahead.byte() == b'-' {
        ahead.at += 1;
    }
    let mut is_apart = ahead.gap();
    if !closes {
        while is_apart && is_name(ahead.byte()) && !matches!(ahead.byte(), b'-' | b'.' | b'0'..=b'9') {
            if !attribute(&mut ahead, &mut is_apart) {
                return false;
            }
        }
        ahead.eat(b'/');
    }
    if !ahead.eat(b'>') {
        return false;
    }
    *scan = ahead;
    true
}

/// Its name, its value, and the white space after it.
fn attribute(scan: &mut Scan<'_>, is_apart: &mut bool) -> bool {
    while is_name(scan.byte()) {
        scan.at += 1;
    }
    *is_apart = scan.gap();
    if !scan.eat(b'=') {
        return true;
    }
    scan.gap();
    let start = scan.at;
    match scan.byte() {
        quote @ (b'"' | b'\'') => {
            scan.at += 1;
            while scan.byte() != quote {
                if scan.is_at_end() {
                    return false;
                }
                scan.at += 1;
            }
            scan.at += 1;
        }
        _ => {
            while !matches!(scan.byte(), 0 | b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'=' | b'<' | b'>' | b'`') {
                scan.at += 1;
            }
        }
    }
    *is_apart = scan.gap();
    scan.at > start
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'-')
}

/// `<https://…>` or `<somebody@…>`: what stands between the marks.
pub fn address<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let mut ahead = *scan;
    ahead.at += 1;
    let start = ahead.at;
    while !matches!(ahead.byte(), 0..=b' ' | b'<' | b'>') {
        ahead.at += 1;
    }
    let address = ahead.between(start, ahead.at);
    if !ahead.eat(b'>') || !(is_absolute(address) || is_mail(address)) {
        return None;
    }
    *scan = ahead;
    Some(address)
}

fn is_absolute(address: &str) -> bool {
    let Some((scheme, _)) = address.split_once(':') else { return false };
    (2..=32).contains(&scheme.len())
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
}

fn is_mail(address: &str) -> bool {
    let Some((name, host)) = address.split_once('@') else { return false };
    let is_part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !name.is_empty() && name.bytes().all(in_name) && host.split('.').all(is_part)
}
