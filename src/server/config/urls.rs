//! What URLs in settings must be.

use url::Url;

use crate::server::outbound::is_loopback;

/// http or https, and nothing beside the path that would be sent along or ignored.
pub fn is_plain_http(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme()) && has_no_user(url) && url.query().is_none() && url.fragment().is_none()
}

pub fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// Browsers resolve every name below `localhost` to this machine; other programs may not.
pub fn is_local_origin(url: &Url) -> bool {
    let is_below_localhost = url.host_str().is_some_and(|host| host.ends_with(".localhost"));
    url.scheme() == "http" && (is_below_localhost || is_loopback(url))
}
