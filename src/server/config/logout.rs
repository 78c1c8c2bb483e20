//! Signing out at the provider, and the provider's logout tokens.

use url::Url;

use super::{
    setting::{Section, Setting},
    urls::has_no_user,
    values::{Flag, Parsed},
    variables::{ConfigError, Variables},
};
use crate::server::{auth::oidc::LogoutSettings, outbound::is_https_or_loopback};

pub static SECTION: Section = Section {
    title: "Signing out",
    text: "At the provider, register FRONT_URL followed by /signed-out as post_logout_redirect_uri, and FRONT_URL \
           followed by /backchannel-logout as backchannel_logout_uri, as far as it supports them.",
    settings: &[&LOGOUT_URL, &ALLOW_UNTYPED_LOGOUT_TOKENS, &ALLOW_LOGOUT_TOKENS_WITHOUT_EXP],
};

/// It gets no token: people are redirected to the URL as it is.
static LOGOUT_URL: Setting<Parsed<Url>> = Setting {
    name: "LOGOUT_URL",
    text: "For a provider without an end_session_endpoint: its own sign-out page, to which people are sent as it is.",
    example: "https://sso.example.com/logoff",
    value: Parsed {
        expected: "the provider's own sign-out page, an https URL (http only on loopback)",
        default: None,
        parse: |text| Url::parse(text).ok().filter(|url| is_https_or_loopback(url) && has_no_user(url)),
    },
};

static ALLOW_UNTYPED_LOGOUT_TOKENS: Setting<Flag> = Setting {
    name: "ALLOW_UNTYPED_LOGOUT_TOKENS",
    text: "Whether logout tokens are accepted whose header does not say `logout+jwt`.",
    example: "false",
    value: Flag { default: false },
};

static ALLOW_LOGOUT_TOKENS_WITHOUT_EXP: Setting<Flag> = Setting {
    name: "ALLOW_LOGOUT_TOKENS_WITHOUT_EXP",
    text: "Whether logout tokens without `exp` are accepted, for ten minutes after their `iat`. Back-Channel Logout 1.0 \
           requires `exp`, its drafts did not, and some providers still follow these. Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

pub fn settings(variables: &Variables, front_url: &Url) -> Result<LogoutSettings, ConfigError> {
    Ok(LogoutSettings {
        url: LOGOUT_URL.get(variables)?,
        untyped_tokens_allowed: ALLOW_UNTYPED_LOGOUT_TOKENS.read(variables)?,
        tokens_without_exp_allowed: ALLOW_LOGOUT_TOKENS_WITHOUT_EXP.read(variables)?,
        ..LogoutSettings::of(front_url)
    })
}
