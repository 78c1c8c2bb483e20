//! The comparison of `htu` with the URL of the request.

use std::cell::Cell;

use url::Url;

/// Compares two URLs without their query and fragment (RFC 9449 §4.3 step 9).
///
/// The parser normalises as in RFC 3986 §6.2.2 and §6.2.3: case of scheme and host, default port, empty path, dot
/// segments. It leaves percent-encoding as it is, which no path of this server has.
pub(super) fn is_same(htu: &str, expected: &str) -> bool {
    // `expected` usually is in normal form already, which saves parsing it.
    normalise(htu).is_some_and(|htu| htu.as_str() == expected || Some(htu) == normalise(expected))
}

/// `None` if the text is not a URL, or is one that the parser had to correct: like browsers, it accepts `https:\\host` and
/// tabs.
fn normalise(text: &str) -> Option<Url> {
    let corrected = Cell::new(false);
    let mut url = Url::options().syntax_violation_callback(Some(&|_| corrected.set(true))).parse(text).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    (!corrected.get()).then_some(url)
}
