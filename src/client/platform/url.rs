//! The URL of a link, parsed by the browser that would follow it.

use web_sys::Url;

/// An absolute URL, without user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedUrl {
    pub href: String,
    /// The host; of a `mailto:` URL, the address.
    pub host: String,
    pub origin: String,
    pub is_mail: bool,
}

/// `None` where the browser can't parse it.
pub fn parse(url: &str) -> Option<ParsedUrl> {
    let url = Url::new(url).ok()?;
    let is_mail = url.protocol() == "mailto:";
    url.set_username("");
    url.set_password("");
    Some(ParsedUrl {
        href: url.href(),
        host: if is_mail { url.pathname() } else { url.hostname() },
        origin: url.origin(),
        is_mail,
    })
}
