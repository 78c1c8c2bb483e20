//! Only our own pages may call endpoints. Browsers send where a call comes from (Fetch Metadata; RFC 6454). Other clients
//! don't, and need a proof or a token like everybody.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why a call is not from one of our pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Foreign {
    #[error("another site's page sent it")]
    Site,
    #[error("its origin is another")]
    Origin,
    #[error("its answer is to be shown or run, not read")]
    Destination,
}

pub(super) fn check(headers: &HeaderMap, front_origin: &str) -> Result<(), Foreign> {
    // `none`: the user, as by the address bar.
    if !all(headers, &SEC_FETCH_SITE, |site| [&b"same-origin"[..], b"none"].contains(&site)) {
        return Err(Foreign::Site);
    }
    if !all(headers, &header::ORIGIN, |origin| origin == front_origin.as_bytes()) {
        return Err(Foreign::Origin);
    }
    // A response of an endpoint is never a document, a picture or a script (T94). `fetch` sends `empty`.
    match all(headers, &SEC_FETCH_DEST, |dest| dest == b"empty") {
        true => Ok(()),
        false => Err(Foreign::Destination),
    }
}

fn all(headers: &HeaderMap, name: &HeaderName, is_good: impl Fn(&[u8]) -> bool) -> bool {
    headers.get_all(name).iter().map(HeaderValue::as_bytes).all(is_good)
}
