//! Through whom https goes to other machines.

use url::Url;

use super::{ConfigError, Variables};
use crate::server::outbound::OutboundProxy;

/// `HTTPS_PROXY` and `NO_PROXY`. No other variable of that kind has a meaning here.
pub(super) fn settings(variables: &Variables) -> Result<OutboundProxy, ConfigError> {
    const EXPECTED: &str = "the URL of an HTTP proxy, such as http://proxy.example.com:3128";
    let except = variables.get("NO_PROXY").unwrap_or_default().to_owned();
    let Some(text) = variables.get("HTTPS_PROXY") else { return Ok(OutboundProxy { url: None, except }) };
    let is_proxy = |url: &Url| {
        ["http", "https"].contains(&url.scheme())
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(is_proxy);
    Ok(OutboundProxy { url: Some(url.ok_or_else(|| variables.wrong("HTTPS_PROXY", EXPECTED))?), except })
}
