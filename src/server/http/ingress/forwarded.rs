//! The hops of a request in the headers of proxies, the farthest first. A hop that can't be read is `None`.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

type Hops = Vec<Option<IpAddr>>;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether a proxy, or a client that plays one, has sent such a header.
pub(super) fn names_a_client(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED)
}

/// The hops in `X-Forwarded-For`, if it is there.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> Option<Hops> {
    let text = whole(headers, &X_FORWARDED_FOR)?;
    Some(text.split(',').map(|hop| node(hop.trim())).collect())
}

/// The hops in `Forwarded`, by their `for` (RFC 7239 §4), if it is there.
pub(super) fn for_hops(headers: &HeaderMap) -> Option<Hops> {
    let lines: Vec<_> = lines(headers, &header::FORWARDED).map(hops_of_line).collect();
    (!lines.is_empty()).then(|| lines.concat())
}

/// In a line with a quote that is not closed, nothing can be read: what a proxy has added after it seems to be a part of
/// what the client sent.
fn hops_of_line(line: &str) -> Hops {
    match split_outside_quotes(line, ',') {
        Some(elements) => elements.into_iter().map(for_of_element).collect(),
        None => vec![None],
    }
}

/// All lines of the header as one list (RFC 9110 §5.3). A line that is no text spoils its part only.
fn whole(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> = lines(headers, name).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"))
}

/// `for=192.0.2.43;proto=http;by=203.0.113.43`
fn for_of_element(element: &str) -> Option<IpAddr> {
    let pairs = split_outside_quotes(element, ';')?;
    let mut values = pairs.iter().filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let value = values.next()?;
    // §4: each parameter occurs once.
    if values.next().is_some() {
        return None;
    }
    match value.strip_prefix('"') {
        Some(rest) => node(rest.strip_suffix('"')?),
        None => node(value),
    }
}

/// §6: an address with or without a port; in brackets where it is IPv6, which `X-Forwarded-For` often leaves out. Names
/// (`unknown`, `_hidden`) are no addresses.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// `None` if a quote is not closed.
fn split_outside_quotes(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(text.get(begin..at).unwrap_or_default());
                begin = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(begin..).unwrap_or_default());
    (!is_quoted).then_some(parts)
}
