//! The provider's issuer, how its metadata is read, and endpoints that replace those in it.

use std::collections::BTreeSet;

use openidconnect::IssuerUrl;
use url::Url;

use super::super::{
    guard::{ACCESS_TOKEN_CHECK, Check, PERMISSIONS_FROM},
    setting::{AnySetting, Setting},
    values::{Flag, Parsed, Seconds},
    variables::{ConfigError, Variables},
};
use crate::server::{
    auth::oidc::{MetadataSettings, PermissionsSource},
    outbound,
};

type Endpoint = Setting<Parsed<String>>;

/// Each endpoint, and the member of the metadata that it replaces.
static ENDPOINTS: [(&Endpoint, &str); 8] = [
    (&AUTHORIZATION_ENDPOINT, "authorization_endpoint"),
    (&TOKEN_ENDPOINT, "token_endpoint"),
    (&JWKS_URI, "jwks_uri"),
    (&USERINFO_ENDPOINT, "userinfo_endpoint"),
    (&INTROSPECTION_ENDPOINT, "introspection_endpoint"),
    (&REVOCATION_ENDPOINT, "revocation_endpoint"),
    (&END_SESSION_ENDPOINT, "end_session_endpoint"),
    (&PUSHED_AUTHORIZATION_REQUEST_ENDPOINT, "pushed_authorization_request_endpoint"),
];

/// No login is possible without these.
static NEEDED: [&Endpoint; 3] = [&AUTHORIZATION_ENDPOINT, &TOKEN_ENDPOINT, &JWKS_URI];

/// Entra ID's issuers that stand for any tenant (OpenID Connect Discovery §4.3 does not know such).
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

pub static OIDC_ISSUER: Setting<Parsed<IssuerUrl>> = Setting {
    name: "OIDC_ISSUER",
    text: "The issuer, letter by letter as its metadata says; https, or http on loopback.",
    example: "https://sso.example.com",
    value: Parsed {
        expected: "the provider's issuer, letter by letter: an https URL (http only on loopback) without query",
        default: None,
        parse: |text| {
            outbound::endpoint(text).ok().filter(|url| url.query().is_none())?;
            // Keeps the text as it is: a slash more or less is another issuer (OpenID Connect Discovery §4.3).
            IssuerUrl::new(text.to_owned()).ok()
        },
    },
};

pub static OIDC_DISCOVERY: Setting<Flag> = Setting {
    name: "OIDC_DISCOVERY",
    text: "Whether the provider has a metadata document. With false, AUTHORIZATION_ENDPOINT, TOKEN_ENDPOINT and JWKS_URI \
           are needed.",
    example: "false",
    value: Flag { default: true },
};

pub static OIDC_ENDPOINT_HOSTS: Setting<Parsed<BTreeSet<String>>> = Setting {
    name: "OIDC_ENDPOINT_HOSTS",
    text: "The hosts, besides the issuer's, at which the provider's metadata may have its endpoints, separated by spaces. \
           Metadata that names another is refused. Default: any host, over https.",
    example: "login.example.com api.example.com",
    value: Parsed {
        expected: "hosts separated by spaces, without scheme and port, such as api.example.com",
        default: None,
        parse: hosts,
    },
};

pub static OIDC_METADATA_MAX_AGE: Setting<Seconds> = Setting {
    name: "OIDC_METADATA_MAX_AGE",
    text: "For how many seconds the provider's metadata and keys are used before they are fetched again, when next needed. \
           A key that the provider has withdrawn is accepted for so long; new ones are fetched when a signature needs them.",
    example: "600",
    // A minute is also the least time between two fetches for signatures that no key verifies.
    value: Seconds { from: 60, to: 24 * 60 * 60, default: Some(MetadataSettings::DEFAULT_MAX_AGE) },
};

pub static AUTHORIZATION_ENDPOINT: Endpoint = endpoint(
    "AUTHORIZATION_ENDPOINT",
    "In place of `authorization_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/authorize",
);

pub static TOKEN_ENDPOINT: Endpoint = endpoint(
    "TOKEN_ENDPOINT",
    "In place of `token_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/token",
);

pub static JWKS_URI: Endpoint = endpoint(
    "JWKS_URI",
    "In place of `jwks_uri` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/jwks",
);

pub static USERINFO_ENDPOINT: Endpoint = endpoint(
    "USERINFO_ENDPOINT",
    "In place of `userinfo_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/userinfo",
);

pub static INTROSPECTION_ENDPOINT: Endpoint = endpoint(
    "INTROSPECTION_ENDPOINT",
    "For introspection: in place of `introspection_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/introspect",
);

pub static REVOCATION_ENDPOINT: Endpoint = endpoint(
    "REVOCATION_ENDPOINT",
    "In place of `revocation_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/revoke",
);

pub static END_SESSION_ENDPOINT: Endpoint = endpoint(
    "END_SESSION_ENDPOINT",
    "In place of `end_session_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/logout",
);

pub static PUSHED_AUTHORIZATION_REQUEST_ENDPOINT: Endpoint = endpoint(
    "PUSHED_AUTHORIZATION_REQUEST_ENDPOINT",
    "In place of `pushed_authorization_request_endpoint` in the provider's metadata. Each start is logged.",
    "https://sso.example.com/par",
);

/// The URL is kept as it is written: those of some providers have `//` in them.
const fn endpoint(name: &'static str, text: &'static str, example: &'static str) -> Endpoint {
    let expected = "an https URL (http only on loopback)";
    let parse = |text: &str| outbound::endpoint(text).ok().map(|_| text.to_owned());
    Setting { name, text, example, value: Parsed { expected, default: None, parse } }
}

pub fn issuer(variables: &Variables) -> Result<Option<IssuerUrl>, ConfigError> {
    const ONE_TENANT: &str = "one tenant's issuer, https://login.microsoftonline.com/<tenant id>/v2.0: ID tokens of \
                              `common`, `organizations` and `consumers` name other issuers than that";
    let Some(issuer) = OIDC_ISSUER.get(variables)? else { return Ok(None) };
    let url = issuer.url();
    let tenant = url.path_segments().and_then(|mut segments| segments.next());
    let is_entra = url.host_str().is_some_and(|host| host.starts_with("login.microsoftonline."));
    let is_any_tenant = is_entra && tenant.is_some_and(|tenant| ANY_TENANT.contains(&tenant));
    match is_any_tenant || issuer.as_str().contains(['{', '}']) {
        true => Err(OIDC_ISSUER.wrong(ONE_TENANT)),
        false => Ok(Some(issuer)),
    }
}

/// The settings that replace an endpoint of the metadata.
pub fn overrides() -> [&'static dyn AnySetting; ENDPOINTS.len()] {
    ENDPOINTS.map(|(setting, _)| setting as &dyn AnySetting)
}

pub fn metadata(variables: &Variables) -> Result<MetadataSettings, ConfigError> {
    let discovery = OIDC_DISCOVERY.read(variables)?;
    if let Some(needed) = NEEDED.into_iter().find(|needed| !discovery && !needed.is_set(variables)) {
        return Err(needed.missing("with OIDC_DISCOVERY=false nothing else says where it is"));
    }
    let mut settings = MetadataSettings {
        discovery,
        hosts: OIDC_ENDPOINT_HOSTS.get(variables)?,
        introspection: ACCESS_TOKEN_CHECK.read(variables)? == Check::Introspection
            || PERMISSIONS_FROM.read(variables)? == PermissionsSource::Introspection,
        max_age: OIDC_METADATA_MAX_AGE.read(variables)?,
        ..MetadataSettings::default()
    };
    for (setting, member) in ENDPOINTS {
        if let Some(url) = setting.get(variables)? {
            settings.endpoints.insert(member, url);
        }
    }
    Ok(settings)
}

/// Normalized as hosts of URLs are.
fn hosts(text: &str) -> Option<BTreeSet<String>> {
    let host = |text: &str| {
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let is_host_alone = !text.contains(['@', ':', '/', '?', '#', '\\', '*']);
        url.host_str().filter(|_| is_host_alone).map(str::to_owned)
    };
    let hosts: Option<BTreeSet<String>> = text.split_whitespace().map(host).collect();
    hosts.filter(|hosts| !hosts.is_empty())
}
