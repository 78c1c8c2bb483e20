//! Mocks of external services, in development builds.

use std::net::SocketAddr;

use super::{
    setting::{Section, Setting},
    values::{OneOf, Parsed},
};

pub static SECTION: Section = Section {
    title: "Mocks, in development builds",
    text: "Of external services, in the same process. Without OIDC_ISSUER, the mock identity provider lets anybody in, on \
           loopback only.",
    settings: &[&MOCK_PROVIDER_PROFILE, &MOCK_PROVIDER_ADDR, &MOCK_UPSTREAM_ADDR],
};

pub static MOCK_PROVIDER_PROFILE: Setting<OneOf<&str>> = Setting {
    name: "MOCK_PROVIDER_PROFILE",
    text: "The product that the mock identity provider imitates.",
    example: "siteminder",
    value: OneOf {
        values: &[("entra", "entra"), ("google", "google"), ("keycloak", "keycloak"), ("siteminder", "siteminder")],
        default: None,
    },
};

pub static MOCK_PROVIDER_ADDR: Setting<Parsed<SocketAddr>> = Setting {
    name: "MOCK_PROVIDER_ADDR",
    text: "Where the mock identity provider listens, on loopback, as it lets anybody in; port 0 takes a free one.",
    example: "127.0.0.1:9400",
    value: Parsed {
        expected: "an address on loopback with a port, such as 127.0.0.1:9400: the mock provider lets anybody in",
        default: Some("127.0.0.1:9400"),
        parse: loopback_address,
    },
};

pub static MOCK_UPSTREAM_ADDR: Setting<Parsed<SocketAddr>> = Setting {
    name: "MOCK_UPSTREAM_ADDR",
    text: "Answers come from a mock upstream in the process, which listens there, on loopback; port 0 takes a free one. The \
           first words of a message choose a fault: “/stall”, “/cut”, “/rate-limited”, and others.",
    example: "127.0.0.1:9500",
    value: Parsed {
        expected: "an address on loopback with a port, such as 127.0.0.1:9500",
        default: None,
        parse: loopback_address,
    },
};

/// The profiles of the mock provider.
pub fn mock_profiles() -> impl Iterator<Item = &'static str> {
    MOCK_PROVIDER_PROFILE.value.values.iter().map(|(name, _)| *name)
}

fn loopback_address(text: &str) -> Option<SocketAddr> {
    text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback())
}
