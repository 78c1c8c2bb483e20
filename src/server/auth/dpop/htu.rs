//! Whether a proof's `htu` is the URL of the request.

use std::cell::Cell;

use url::Url;

/// Compares two URLs without their query and fragment (RFC 9449 §4.3 step 9).
///
/// The parser's normalisation is the one that RFC 3986 §6.2.2 and §6.2.3 ask for: case of scheme and host, default
/// port, empty path, dot segments. Percent-encoded characters stay as they are; no path of ours needs any.
pub(super) fn is_same(htu: &str, expected: &str) -> bool {
    // What is a normal form already is its own.
    normalise(htu).is_some_and(|htu| htu.as_str() == expected || Some(htu) == normalise(expected))
}

/// `None` for what is no URL, and for what the parser had to mend: it takes `https:\\host` and tabs as browsers do.
fn normalise(text: &str) -> Option<Url> {
    let mended = Cell::new(false);
    let mut url = Url::options().syntax_violation_callback(Some(&|_| mended.set(true))).parse(text).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    (!mended.get()).then_some(url)
}
