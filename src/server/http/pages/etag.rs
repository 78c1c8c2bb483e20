//! Versions of what is given out from memory (RFC 9110 §8.8.3).

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Names these bytes.
pub fn of(bytes: &[u8]) -> HeaderValue {
    let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..18]));
    // Base64 is always a value.
    HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// RFC 9110 §13.1.2: compared weakly, since a proxy that compresses makes weak ones of ours.
pub fn is_known(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/").as_bytes() == etag.as_bytes())
}
