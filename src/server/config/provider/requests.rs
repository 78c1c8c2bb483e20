//! The authorization request.

use openidconnect::RedirectUrl;
use url::{Url, form_urlencoded};

use super::super::{
    setting::{AnySetting, Setting},
    values::{Flag, OneOf, Parsed, Seconds, words},
    variables::{ConfigError, Variables},
};
use super::profile::OIDC_PROFILE;
use crate::server::auth::oidc::{DpopPolicy, RequestSettings};

const CALLBACK_PATH: &str = "/auth/callback";

/// Parameters that the server chooses itself for each login, or that have a setting of their own.
const OURS: [&str; 18] = [
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
    "scope",
    "state",
];

pub static OIDC_TIMEOUT: Setting<Seconds> = Setting {
    name: "OIDC_TIMEOUT",
    text: "How many seconds a call to the provider may take, with its answer. While the provider hangs, each person who signs \
           in or refreshes waits so long. It can't be longer, as a refresh may need three calls, and the other servers wait \
           for it.",
    example: "5",
    value: Seconds { from: 1, to: RequestSettings::MAX_TIMEOUT.as_secs(), default: Some(RequestSettings::MAX_TIMEOUT) },
};

pub static PUSHED_AUTHORIZATION_REQUESTS: Setting<Flag> = Setting {
    name: "PUSHED_AUTHORIZATION_REQUESTS",
    text: "Whether authorization requests are pushed (RFC 9126). Where the provider's metadata demands it, they always are.",
    example: "true",
    value: Flag { default: false },
};

pub static OIDC_DPOP: Setting<OneOf<DpopPolicy>> = Setting {
    name: "OIDC_DPOP",
    text: "Whether the provider is to bind access tokens to a key of this server's, one for each session (DPoP, RFC 9449), so \
           that a stolen access token is worth nothing at any other API: `auto`, where its metadata lists ES256 in \
           dpop_signing_alg_values_supported, and bearer tokens are accepted nevertheless; `required`, in any case, and bearer \
           tokens are discarded; `off`. At this server an access token always needs the browser's key, unless \
           ALLOW_BEARER_TOKENS is set.",
    example: "required",
    value: OneOf {
        values: &[("off", DpopPolicy::Off), ("auto", DpopPolicy::Auto), ("required", DpopPolicy::Required)],
        default: Some(DpopPolicy::Auto),
    },
};

pub static AUTHORIZE_PARAMETERS: Setting<Parsed<Vec<(String, String)>>> = Setting {
    name: "AUTHORIZE_PARAMETERS",
    text: "More parameters of the authorization request, as in a URL. `prompt` replaces the `prompt=consent` that \
           offline_access brings with it; without a value, no `prompt` is sent.",
    example: "audience=https://api.example.com&access_type=offline",
    value: Parsed {
        expected: "parameters as in a URL, each once: audience=a&prompt=consent",
        default: None,
        parse: parameters,
    },
};

pub static RESOURCE: Setting<Parsed<Vec<String>>> = Setting {
    name: "RESOURCE",
    text: "The resources that access tokens are for (RFC 8707), separated by spaces.",
    example: "https://api.example.com",
    value: Parsed {
        expected: "absolute URIs separated by spaces, such as https://api.example.com",
        default: None,
        parse: resources,
    },
};

pub static SCOPES: Setting<Parsed<Vec<String>>> = Setting {
    name: "SCOPES",
    text: "Separated by spaces, `openid` among them. With offline_access, consent is asked for at each sign-in, unless \
           AUTHORIZE_PARAMETERS has `prompt`.",
    example: "openid profile email",
    value: Parsed {
        expected: "scopes separated by spaces, `openid` among them",
        default: Some("openid profile email"),
        parse: scopes,
    },
};

pub static REDIRECT_URI: Setting<Parsed<RedirectUrl>> = Setting {
    name: "REDIRECT_URI",
    text: "The redirect URI as it is registered. It must be the default: FRONT_URL followed by /auth/callback.",
    example: "https://chat.example.com/auth/callback",
    value: Parsed {
        expected: "FRONT_URL followed by /auth/callback: the page that finishes a login",
        default: None,
        parse: |text| RedirectUrl::new(text.to_owned()).ok(),
    },
};

pub fn settings(variables: &Variables) -> Result<RequestSettings, ConfigError> {
    Ok(RequestSettings {
        timeout: OIDC_TIMEOUT.read(variables)?,
        authorize_parameters: authorize_parameters(variables)?,
        resources: RESOURCE.get(variables)?.unwrap_or_default(),
        pushed: PUSHED_AUTHORIZATION_REQUESTS.read(variables)?,
        dpop: OIDC_DPOP.read(variables)?,
        profile: OIDC_PROFILE.read(variables)?,
    })
}

pub fn redirect_uri(variables: &Variables, front_url: &Url) -> Result<RedirectUrl, ConfigError> {
    let default = || RedirectUrl::new(format!("{}{CALLBACK_PATH}", front_url.origin().ascii_serialization()));
    let redirect_uri = match REDIRECT_URI.get(variables)? {
        Some(redirect_uri) => redirect_uri,
        None => default().map_err(|_| REDIRECT_URI.invalid())?,
    };
    let url = redirect_uri.url();
    let is_callback = url.origin() == front_url.origin() && url.path() == CALLBACK_PATH;
    match is_callback && url.query().is_none() && url.fragment().is_none() {
        true => Ok(redirect_uri),
        false => Err(REDIRECT_URI.invalid()),
    }
}

fn authorize_parameters(variables: &Variables) -> Result<Vec<(String, String)>, ConfigError> {
    let parameters = AUTHORIZE_PARAMETERS.get(variables)?.unwrap_or_default();
    if let Some((name, _)) = parameters.iter().find(|(name, _)| OURS.contains(&name.as_str())) {
        return Err(AUTHORIZE_PARAMETERS.wrong(&format!("without {name}, which is set elsewhere")));
    }
    let is_none = |value: &str| value.split_whitespace().any(|value| value == "none");
    match parameters.iter().any(|(name, value)| name == "prompt" && is_none(value)) {
        true => Err(AUTHORIZE_PARAMETERS.wrong("without prompt=none: nobody could sign in")),
        false => Ok(parameters),
    }
}

fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    let is_repeated = |n: usize, name: &str| pairs[..n].iter().any(|(before, _)| before == name);
    pairs.iter().enumerate().all(|(n, (name, _))| is_name(name) && !is_repeated(n, name)).then_some(pairs)
}

/// RFC 8707 §2: absolute URIs without fragment.
fn resources(text: &str) -> Option<Vec<String>> {
    let is_resource = |text: &String| Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    words(text).filter(|resources| !resources.is_empty() && resources.iter().all(is_resource))
}

/// `openid` is always requested, so it is left out of the list.
fn scopes(text: &str) -> Option<Vec<String>> {
    let mut scopes = words(text).filter(|scopes| scopes.iter().all(|scope| is_scope(scope)))?;
    let all = scopes.len();
    scopes.retain(|scope| scope != "openid");
    (scopes.len() < all).then_some(scopes)
}

/// RFC 6749 §3.3: scope-token.
pub fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'"' && byte != b'\\')
}
