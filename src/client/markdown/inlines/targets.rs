//! The parts of links: labels, destinations and titles (CommonMark 0.31 §4.7 and §6.3).

use super::entities::is_escape;
use crate::client::markdown::scan::Scan;

/// CommonMark 0.31 §6.3: labels of more characters are none. Of bytes here.
const LONGEST_LABEL: usize = 999;

/// As deep as parentheses go in an address.
const DEEPEST_PARENTHESES: usize = 32;

/// What stands between `[` and `]`, without either within.
pub fn label<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let mut ahead = *scan;
    if !ahead.eat(b'[') {
        return None;
    }
    let start = ahead.at;
    while ahead.at - start <= LONGEST_LABEL && !ahead.is_at_end() {
        match ahead.byte() {
            b']' => {
                let label = ahead.between(start, ahead.at);
                ahead.at += 1;
                *scan = ahead;
                return Some(label);
            }
            b'[' => return None,
            _ => ahead.at += 1 + usize::from(is_escape(ahead)),
        }
    }
    None
}

/// An address, with its escapes.
pub fn destination<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let start = scan.at;
    if scan.eat(b'<') {
        loop {
            match scan.byte() {
                b'>' => break,
                b'<' | b'\n' | 0 => return None,
                _ => scan.at += 1 + usize::from(is_escape(*scan)),
            }
        }
        scan.at += 1;
        return Some(scan.between(start + 1, scan.at - 1));
    }
    let mut depth = 0;
    loop {
        match scan.byte() {
            0..=b' ' | 0x7f => break,
            b'(' if depth == DEEPEST_PARENTHESES => return None,
            b'(' => depth += 1,
            b')' if depth == 0 => break,
            b')' => depth -= 1,
            _ => scan.at += usize::from(is_escape(*scan)),
        }
        scan.at += 1;
    }
    (scan.at > start && depth == 0).then(|| scan.between(start, scan.at))
}

/// We show none, but where one ends matters.
pub fn title(scan: &mut Scan<'_>) -> bool {
    let close = match scan.byte() {
        b'(' => b')',
        quote @ (b'"' | b'\'') => quote,
        _ => return false,
    };
    scan.at += 1;
    loop {
        match scan.byte() {
            0 => return false,
            byte if byte == close => break,
            b'(' if close == b')' => return false,
            _ => scan.at += 1 + usize::from(is_escape(*scan)),
        }
    }
    scan.at += 1;
    true
}

/// `(address "title")`, right after a link's text: the address.
pub fn inline<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let mut ahead = *scan;
    if !ahead.eat(b'(') {
        return None;
    }
    ahead.gap();
    let target = if ahead.byte() == b')' { "" } else { destination(&mut ahead)? };
    if ahead.gap() && title(&mut ahead) {
        ahead.gap();
    }
    if !ahead.eat(b')') {
        return None;
    }
    *scan = ahead;
    Some(target)
}

/// The address, if it is one that a link may lead to. What names no host would lead to a page of ours: browsers read
/// `https:/x` as they read `/x` (URL Standard §4.4, “special relative or authority state”).
pub fn leads_to(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once(':')?;
    let is = |allowed: &str| scheme.eq_ignore_ascii_case(allowed);
    let names_host = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let is_whole = (is("http") || is("https")) && rest.strip_prefix("//").is_some_and(names_host)
        || is("mailto") && !rest.is_empty();
    is_whole.then(|| address.to_owned())
}
