//! The operator's logo. Pages show it as an image; opened as a page it does nothing, by the policy of every response.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const PATH: &str = "/logo";

/// The path has a hash of the file.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub media_type: LogoType,
    pub bytes: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoType {
    Png,
    Svg,
}

impl Logo {
    /// By what it contains. `None` if that is neither PNG nor SVG.
    pub fn of(bytes: Vec<u8>) -> Option<Self> {
        let is_svg = || std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("<svg"));
        let media_type = match &bytes[..] {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => LogoType::Png,
            _ if is_svg() => LogoType::Svg,
            _ => return None,
        };
        Some(Self { media_type, bytes: bytes.into() })
    }

    /// Where the page finds it.
    pub fn path(&self) -> String {
        format!("{PATH}?{}", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&self.bytes)[..9]))
    }
}

pub fn route(logo: Option<Logo>) -> Router {
    match logo {
        Some(logo) => Router::new().route(PATH, get(async move || show(&logo))),
        None => Router::new(),
    }
}

fn show(logo: &Logo) -> Response {
    let media_type = match logo.media_type {
        LogoType::Png => "image/png",
        LogoType::Svg => "image/svg+xml",
    };
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CACHE_CONTROL, IMMUTABLE)];
    (headers, logo.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_an_image_of_a_known_kind_and_its_path_changes_with_it() {
        let svg = Logo::of(b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()).unwrap();
        let png = Logo::of(b"\x89PNG\r\n\x1a\n...".to_vec()).unwrap();
        assert_eq!((svg.media_type, png.media_type), (LogoType::Svg, LogoType::Png));
        assert_ne!(svg.path(), png.path());
        for other in [&b""[..], b"GIF89a", b"<html><script>1</script></html>", b"\xff<svg"] {
            assert_eq!(Logo::of(other.to_vec()), None);
        }
    }
}
