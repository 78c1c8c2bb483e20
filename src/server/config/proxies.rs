//! Proxies in front of the server, and the one through which it calls others.

use url::Url;

use super::{
    setting::{AnySetting, Setting},
    values::{Parsed, Text, from_str},
    variables::{ConfigError, Variables},
};
use crate::server::{
    http::ingress::{ClientAddressHeader, TrustedProxies},
    outbound::OutboundProxy,
};

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

pub static HTTPS_PROXY: Setting<Parsed<Url>> = Setting {
    name: "HTTPS_PROXY",
    text: "The HTTP proxy through which the provider, the model and the collector are called where they are https on another \
           machine (CONNECT: it sees the host, and nothing that is sent). Neither http nor loopback goes through it, and \
           http_proxy has no meaning here. https_proxy is the same.",
    example: "http://proxy.example.com:3128",
    value: Parsed {
        expected: "the URL of an HTTP proxy, such as http://proxy.example.com:3128",
        default: None,
        parse: |text| Url::parse(text).ok().filter(is_proxy),
    },
};

pub static NO_PROXY: Setting<Text> = Setting {
    name: "NO_PROXY",
    text: "What is called without HTTPS_PROXY: hosts with all that is below them, addresses and networks, separated by \
           commas. no_proxy is the same.",
    example: "sso.example.com,.internal.example.com,10.0.0.0/8",
    value: Text { default: None },
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

pub fn outbound(variables: &Variables) -> Result<OutboundProxy, ConfigError> {
    Ok(OutboundProxy { url: HTTPS_PROXY.get(variables)?, except: NO_PROXY.get(variables)?.unwrap_or_default() })
}

fn is_proxy(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme()) && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;

    #[test]
    fn a_proxy_and_what_is_called_without_it_are_set_by_the_usual_names() {
        assert!(config(&[]).unwrap().proxy.url.is_none());
        let proxy =
            config(&[("HTTPS_PROXY", "http://me:pw@proxy.example.com:3128"), ("NO_PROXY", ".example.com,10.0.0.0/8")]);
        let proxy = proxy.unwrap().proxy;
        assert_eq!(proxy.url.unwrap().as_str(), "http://me:pw@proxy.example.com:3128/");
        assert_eq!(proxy.except, ".example.com,10.0.0.0/8");
    }
}
