//! What we ask the provider for.

use openidconnect::RedirectUrl;
use url::{Url, form_urlencoded};

use super::super::{ConfigError, Variables};
use crate::server::auth::oidc::RequestSettings;

const DEFAULT_SCOPES: &str = "openid profile email";
const CALLBACK_PATH: &str = "/auth/callback";

/// Parameters that we choose ourselves for each login, or that have a variable of their own.
const OURS: [&str; 17] = [
    "acr_values",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "max_age",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "state",
];

/// `AUTHORIZE_PARAMETERS`, `RESOURCE`, `PUSHED_AUTHORIZATION_REQUESTS`.
pub(super) fn settings(variables: &Variables) -> Result<RequestSettings, ConfigError> {
    Ok(RequestSettings {
        authorize_parameters: authorize_parameters(variables)?,
        resources: resources(variables)?,
        pushed: variables.parsed("PUSHED_AUTHORIZATION_REQUESTS", "true or false", "false")?,
    })
}

pub(super) fn redirect_uri(variables: &Variables, front_url: &Url) -> Result<RedirectUrl, ConfigError> {
    let expected = format!("FRONT_URL followed by {CALLBACK_PATH}: the page that finishes a login");
    let default = format!("{}{CALLBACK_PATH}", front_url.origin().ascii_serialization());
    let url: Url = variables.parsed("REDIRECT_URI", &expected, &default)?;
    if url.origin() != front_url.origin()
        || url.path() != CALLBACK_PATH
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(variables.wrong("REDIRECT_URI", &expected));
    }
    let text = variables.get("REDIRECT_URI").unwrap_or(&default);
    RedirectUrl::new(text.to_owned()).map_err(|_| variables.wrong("REDIRECT_URI", &expected))
}

/// `openid` is always asked for, so it is left out of the list.
pub(super) fn scopes(variables: &Variables) -> Result<Vec<String>, ConfigError> {
    let text = variables.get("SCOPES").unwrap_or(DEFAULT_SCOPES);
    let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match scopes.iter().all(|scope| is_scope(scope)) && scopes.iter().any(|scope| scope == "openid") {
        true => Ok(scopes.into_iter().filter(|scope| scope != "openid").collect()),
        false => Err(variables.wrong("SCOPES", "scopes separated by spaces, `openid` among them")),
    }
}

/// RFC 6749 §3.3: scope-token.
pub(in crate::server::config) fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'"' && byte != b'\\')
}

fn authorize_parameters(variables: &Variables) -> Result<Vec<(String, String)>, ConfigError> {
    const VARIABLE: &str = "AUTHORIZE_PARAMETERS";
    let text = variables.get(VARIABLE).unwrap_or_default();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    for (n, (name, value)) in pairs.iter().enumerate() {
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_name || pairs[..n].iter().any(|(before, _)| before == name) {
            return Err(variables.wrong(VARIABLE, "parameters as in a URL, each once: audience=a&prompt=consent"));
        }
        if OURS.contains(&name.as_str()) || name == "scope" {
            return Err(variables.wrong(VARIABLE, &format!("without {name}, which is set elsewhere")));
        }
        if name == "prompt" && value.split_whitespace().any(|value| value == "none") {
            return Err(variables.wrong(VARIABLE, "without prompt=none: nobody could sign in"));
        }
    }
    Ok(pairs)
}

/// RFC 8707 §2: absolute URIs without fragment.
fn resources(variables: &Variables) -> Result<Vec<String>, ConfigError> {
    let Some(text) = variables.get("RESOURCE") else { return Ok(vec![]) };
    let resources: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let is_resource = |text: &String| Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    match !resources.is_empty() && resources.iter().all(is_resource) {
        true => Ok(resources),
        false => Err(variables.wrong("RESOURCE", "absolute URIs separated by spaces, such as https://api.example.com")),
    }
}
