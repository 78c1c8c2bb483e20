//! Proxies in front of the server.

use super::{
    setting::{AnySetting, Setting},
    values::{Parsed, from_str},
    variables::{ConfigError, Variables},
};
use crate::server::http::ingress::{ClientAddressHeader, TrustedProxies};

pub static TRUSTED_PROXIES: Setting<Parsed<TrustedProxies>> = Setting {
    name: "TRUSTED_PROXIES",
    text: "The proxies in front of this server: addresses or networks separated by commas. Only their headers are trusted \
           for the client's address (X-Forwarded-For, Forwarded) and the request ID (X-Request-Id). Behind a proxy that is \
           not named here, all people share one limit.",
    example: "10.0.0.0/8, 192.0.2.7",
    value: Parsed {
        expected: "addresses or networks separated by commas, such as 10.0.0.0/8, 192.0.2.7",
        default: None,
        parse: from_str,
    },
};

pub static CLIENT_ADDRESS_HEADER: Setting<Parsed<ClientAddressHeader>> = Setting {
    name: "CLIENT_ADDRESS_HEADER",
    text: "The header in which the trusted proxies send the client's address: x-forwarded-for, or forwarded (RFC 7239). The \
           other one is ignored, as proxies mostly pass it on as the client sent it.",
    example: "forwarded",
    value: Parsed { expected: "x-forwarded-for or forwarded", default: Some("x-forwarded-for"), parse: from_str },
};

pub fn trusted(variables: &Variables) -> Result<TrustedProxies, ConfigError> {
    Ok(TRUSTED_PROXIES.get(variables)?.unwrap_or_default())
}

/// Without a trusted proxy, neither header is.
pub fn client_address_header(variables: &Variables) -> Result<ClientAddressHeader, ConfigError> {
    if CLIENT_ADDRESS_HEADER.is_set(variables) && !TRUSTED_PROXIES.is_set(variables) {
        let reason = "TRUSTED_PROXIES is not: name the proxies that write the header, or remove this one";
        return Err(CLIENT_ADDRESS_HEADER.unexpected(reason));
    }
    CLIENT_ADDRESS_HEADER.read(variables)
}
