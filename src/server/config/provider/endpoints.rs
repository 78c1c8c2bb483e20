//! Where the provider is, in place of what its metadata says.

use std::collections::BTreeSet;

use openidconnect::IssuerUrl;
use url::Url;

use super::super::{ConfigError, Variables};
use crate::server::{oidc::MetadataSettings, outbound};

/// Each variable, and the member of the metadata whose place it takes.
const ENDPOINTS: [(&str, &str); 8] = [
    ("AUTHORIZATION_ENDPOINT", "authorization_endpoint"),
    ("TOKEN_ENDPOINT", "token_endpoint"),
    ("JWKS_URI", "jwks_uri"),
    ("USERINFO_ENDPOINT", "userinfo_endpoint"),
    ("INTROSPECTION_ENDPOINT", "introspection_endpoint"),
    ("REVOCATION_ENDPOINT", "revocation_endpoint"),
    ("END_SESSION_ENDPOINT", "end_session_endpoint"),
    ("PUSHED_AUTHORIZATION_REQUEST_ENDPOINT", "pushed_authorization_request_endpoint"),
];

/// Without these nobody signs in.
const NEEDED: [&str; 3] = ["AUTHORIZATION_ENDPOINT", "TOKEN_ENDPOINT", "JWKS_URI"];

/// Entra ID's issuers that stand for any tenant (OpenID Connect Discovery §4.3 does not know such).
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

pub(super) fn issuer(variables: &Variables, issuer: &str) -> Result<IssuerUrl, ConfigError> {
    const EXPECTED: &str =
        "the provider's issuer, letter by letter: an https URL (http only on loopback) without query";
    const ONE_TENANT: &str = "one tenant's issuer, https://login.microsoftonline.com/<tenant id>/v2.0: ID tokens of \
                              `common`, `organizations` and `consumers` name other issuers than that";
    let wrong = || variables.wrong("OIDC_ISSUER", EXPECTED);
    let url = outbound::endpoint(issuer).map_err(|_| wrong())?;
    if url.query().is_some() {
        return Err(wrong());
    }
    let first = url.path_segments().and_then(|mut segments| segments.next());
    let is_entra = url.host_str().is_some_and(|host| host.starts_with("login.microsoftonline."));
    if issuer.contains(['{', '}']) || (is_entra && first.is_some_and(|first| ANY_TENANT.contains(&first))) {
        return Err(variables.wrong("OIDC_ISSUER", ONE_TENANT));
    }
    // Keeps the text as it is: a slash more or less is another issuer (OpenID Connect Discovery §4.3).
    IssuerUrl::new(issuer.to_owned()).map_err(|_| wrong())
}

/// The endpoints that are set, `OIDC_DISCOVERY`, `OIDC_ENDPOINT_HOSTS`, and whether `ACCESS_TOKEN_CHECK` introspects.
pub(super) fn metadata(variables: &Variables) -> Result<MetadataSettings, ConfigError> {
    const REASON: &str = "with OIDC_DISCOVERY=false nothing else says where it is";
    let discovery: bool = variables.parsed("OIDC_DISCOVERY", "true or false", "true")?;
    if let Some(variable) = NEEDED.into_iter().find(|needed| !discovery && variables.get(needed).is_none()) {
        return Err(ConfigError::Missing { variable, reason: REASON });
    }
    let mut settings = MetadataSettings {
        discovery,
        hosts: hosts(variables)?,
        introspection: variables.get("ACCESS_TOKEN_CHECK") == Some("introspection"),
        ..MetadataSettings::default()
    };
    for (variable, member) in ENDPOINTS {
        if let Some(url) = endpoint(variables, variable)? {
            settings.endpoints.insert(member, url);
        }
    }
    Ok(settings)
}

/// As it is written: some providers have `//` in theirs.
fn endpoint(variables: &Variables, variable: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(text) = variables.get(variable) else { return Ok(None) };
    match outbound::endpoint(text) {
        Ok(_) => Ok(Some(text.to_owned())),
        Err(_) => Err(variables.wrong(variable, "an https URL (http only on loopback)")),
    }
}

/// As URLs write them.
fn hosts(variables: &Variables) -> Result<Option<BTreeSet<String>>, ConfigError> {
    const VARIABLE: &str = "OIDC_ENDPOINT_HOSTS";
    let Some(text) = variables.get(VARIABLE) else { return Ok(None) };
    let host = |text: &str| {
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let is_host_alone = !text.contains(['@', ':', '/', '?', '#', '\\', '*']);
        url.host_str().filter(|_| is_host_alone).map(str::to_owned)
    };
    let hosts: Option<BTreeSet<String>> = text.split_whitespace().map(host).collect();
    match hosts.filter(|hosts| !hosts.is_empty()) {
        Some(hosts) => Ok(Some(hosts)),
        None => {
            Err(variables
                .wrong(VARIABLE, "hosts separated by spaces, without scheme and port, such as api.example.com"))
        }
    }
}
