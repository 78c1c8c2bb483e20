//! Signing out at the provider, and the provider's logout tokens.

use url::Url;

use super::{
    setting::{AnySetting, Section, Setting, refuse},
    urls::has_no_user,
    values::{Flag, Parsed, is_one_word},
    variables::{ConfigError, Variables},
};
use crate::server::{
    auth::oidc::{LogoutSettings, SignalIssuer, SignalSettings},
    outbound::is_https_or_loopback,
};

pub static SECTION: Section = Section {
    title: "Signing out",
    text: "At the provider, register FRONT_URL followed by /signed-out as post_logout_redirect_uri, and FRONT_URL \
           followed by /backchannel-logout as backchannel_logout_uri, as far as it supports them.",
    settings: &[
        &LOGOUT_URL,
        &ALLOW_UNTYPED_LOGOUT_TOKENS,
        &ALLOW_LOGOUT_TOKENS_WITHOUT_EXP,
        &SECURITY_EVENTS,
        &GLOBAL_REVOCATION,
        &SIGNALS_ISSUER,
        &SIGNALS_JWKS_URI,
        &SIGNALS_AUDIENCE,
    ],
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
    text: "Whether logout tokens are accepted whose header does not say `logout+jwt`. Each start is logged.",
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

static SECURITY_EVENTS: Setting<Flag> = Setting {
    name: "SECURITY_EVENTS",
    text: "Whether security events of the Shared Signals Framework are received at FRONT_URL followed by /security-events \
           (RFC 8935): those that report a revoked session, a changed credential or a disabled account end the sessions of \
           their subject.",
    example: "true",
    value: Flag { default: false },
};

static GLOBAL_REVOCATION: Setting<Flag> = Setting {
    name: "GLOBAL_REVOCATION",
    text: "Whether the provider may end all sessions of a person by a request to FRONT_URL followed by \
           /global-token-revocation, as Okta does for Universal Logout.",
    example: "true",
    value: Flag { default: false },
};

static SIGNALS_ISSUER: Setting<Parsed<String>> = Setting {
    name: "SIGNALS_ISSUER",
    text: "The `iss` of security events and of requests for global revocation, where it is not OIDC_ISSUER, such as an Okta \
           organization's beside a custom authorization server.",
    example: "https://example.okta.com",
    value: Parsed {
        expected: "the `iss` of security events and revocation requests, letter by letter: a URL",
        default: None,
        parse: |text| Url::parse(text).ok().map(|_| text.to_owned()),
    },
};

static SIGNALS_JWKS_URI: Setting<Parsed<Url>> = Setting {
    name: "SIGNALS_JWKS_URI",
    text: "Where the keys of SIGNALS_ISSUER are. Needed with it.",
    example: "https://example.okta.com/oauth2/v1/keys",
    value: Parsed {
        expected: "the URL of the keys of SIGNALS_ISSUER, https (http only on loopback)",
        default: None,
        parse: |text| Url::parse(text).ok().filter(|url| is_https_or_loopback(url) && has_no_user(url)),
    },
};

static SIGNALS_AUDIENCE: Setting<Parsed<String>> = Setting {
    name: "SIGNALS_AUDIENCE",
    text: "What the `aud` of security events and revocation requests names, where it is not the URL of the endpoint.",
    example: "https://chat.example.com",
    value: Parsed {
        expected: "the `aud` of security events and revocation requests, without spaces",
        default: None,
        parse: |text| is_one_word(text).then(|| text.to_owned()),
    },
};

/// Settings without effect are refused: an operator who sets one relies on it.
fn signals(variables: &Variables) -> Result<SignalSettings, ConfigError> {
    let (security_events, global_revocation) = (SECURITY_EVENTS.read(variables)?, GLOBAL_REVOCATION.read(variables)?);
    let (iss, jwks_uri) = (SIGNALS_ISSUER.get(variables)?, SIGNALS_JWKS_URI.get(variables)?);
    let audience = SIGNALS_AUDIENCE.get(variables)?;
    if !security_events && !global_revocation {
        let reason = "it belongs to SECURITY_EVENTS or GLOBAL_REVOCATION, and neither is true";
        refuse(variables, &[&SIGNALS_ISSUER, &SIGNALS_JWKS_URI, &SIGNALS_AUDIENCE], reason)?;
    }
    let issuer = match (iss, jwks_uri) {
        (None, None) => None,
        (Some(iss), Some(jwks_uri)) => Some(SignalIssuer { iss, jwks_uri }),
        (Some(_), None) => return Err(SIGNALS_JWKS_URI.missing("SIGNALS_ISSUER is set, whose keys are there")),
        (None, Some(_)) => return Err(SIGNALS_JWKS_URI.unexpected("it belongs to SIGNALS_ISSUER, which is not set")),
    };
    Ok(SignalSettings { security_events, global_revocation, issuer, audience })
}

pub fn settings(variables: &Variables, front_url: &Url) -> Result<LogoutSettings, ConfigError> {
    Ok(LogoutSettings {
        url: LOGOUT_URL.get(variables)?,
        untyped_tokens_allowed: ALLOW_UNTYPED_LOGOUT_TOKENS.read(variables)?,
        tokens_without_exp_allowed: ALLOW_LOGOUT_TOKENS_WITHOUT_EXP.read(variables)?,
        signals: signals(variables)?,
        ..LogoutSettings::of(front_url)
    })
}
