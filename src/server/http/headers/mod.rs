//! Security headers of every response.

mod policy;
mod report;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

pub use policy::{PagePolicy, REPORT_PATH};
pub use report::route as report_route;

/// On every response. None is for another site to frame, open, embed or read.
const EVERYWHERE: [(HeaderName, HeaderValue); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // The callback page's URL holds a code until the page is there (T13).
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("origin-agent-cluster"), HeaderValue::from_static("?1")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];

/// The page writes to the clipboard, and needs nothing else of the device.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), \
                           clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(), \
                           geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), \
                           local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
                           picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
                           usb=(), xr-spatial-tracking=()";

/// For every response but pages: opened as a document, it runs nothing and loads nothing (T94).
const INERT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// Two years (T90).
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// What the headers depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderSettings {
    /// Browsers see us at an https address.
    pub https: bool,
    /// Pages come through `dx serve`, which changes them while they are open. Never so in a release build.
    pub dev_server: bool,
}

pub fn add(headers: &mut HeaderMap, settings: HeaderSettings) {
    // And room for those of the other layers.
    headers.reserve(2 * EVERYWHERE.len());
    for (name, value) in EVERYWHERE {
        headers.insert(name, value);
    }
    if settings.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    // A page has its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(INERT);
    name_charset(headers);
}

/// The browser guesses the charset of a text that names none (T93). JSON has one by definition (RFC 8259 §8.1).
fn name_charset(headers: &mut HeaderMap) {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return };
    let is_text = kind.starts_with("text/") || kind == "image/svg+xml";
    if !is_text || kind.contains("charset") || kind.starts_with("text/event-stream") {
        return;
    }
    if let Ok(named) = HeaderValue::try_from(format!("{kind}; charset=utf-8")) {
        headers.insert(header::CONTENT_TYPE, named);
    }
}
