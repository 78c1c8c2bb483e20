//! How people sign out at the provider, and it signs them out here.

use url::Url;

use super::{ConfigError, Variables, has_no_user, is_https_or_loopback};
use crate::server::auth::oidc::LogoutSettings;

pub(super) fn settings(variables: &Variables, front_url: &Url) -> Result<LogoutSettings, ConfigError> {
    Ok(LogoutSettings {
        url: url(variables)?,
        untyped_tokens_allowed: variables.parsed("ALLOW_UNTYPED_LOGOUT_TOKENS", "true or false", "false")?,
        ..LogoutSettings::of(front_url)
    })
}

/// The person is sent there as it is: it gets no token.
fn url(variables: &Variables) -> Result<Option<Url>, ConfigError> {
    const EXPECTED: &str = "the provider's own sign-out page, an https URL (http only on loopback)";
    let Some(text) = variables.get("LOGOUT_URL") else { return Ok(None) };
    let url = Url::parse(text).ok().filter(|url| is_https_or_loopback(url) && has_no_user(url));
    url.map(Some).ok_or_else(|| variables.wrong("LOGOUT_URL", EXPECTED))
}
