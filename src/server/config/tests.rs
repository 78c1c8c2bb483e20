//! What the tests of all groups share, and tests of the whole. Wrong values are in `tests/it/configuration.rs`, which starts
//! the program with each.

use std::collections::BTreeMap;

use super::*;
use crate::server::{
    auth::oidc::{MetadataSettings, ProviderSettings},
    http::ingress::LimitSettings,
};

pub const CLIENT_ID: &str = "chat";

const PROVIDER: [(&str, &str); 4] = [
    ("FRONT_URL", "https://chat.example.com"),
    ("OIDC_ISSUER", "https://sso.example.com/affwebservices/CASSO/oidc/Chat"),
    ("CLIENT_ID", CLIENT_ID),
    ("CLIENT_SECRET", "not-for-anyone"),
];

/// A valid configuration, with these settings besides or instead. An empty value takes a setting away.
pub fn config(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let settings: BTreeMap<_, _> = PROVIDER.into_iter().chain(more.iter().copied()).collect();
    Config::from_variables(&Variables::from_pairs(settings))
}

/// The one line with which it is refused.
pub fn error(more: &[(&str, &str)]) -> String {
    let error = config(more).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

/// The provider's settings of a valid configuration.
pub fn provider_settings(more: &[(&str, &str)]) -> ProviderSettings {
    let Provider::Configured(settings) = config(more).unwrap().provider else { panic!("not the mock") };
    *settings
}

#[test]
fn no_error_repeats_a_value() {
    // T101: it may be a secret in the wrong place.
    assert!(!error(&[("CLIENT_AUTH", "hunter2")]).contains("hunter2"));
}

#[test]
fn the_defaults_are_those_of_the_parts_that_are_configured() {
    let config = config(&[]).unwrap();
    assert_eq!(config.session_limits, SessionLimits::default());
    assert_eq!(config.connections, ConnectionSettings::default());
    assert_eq!(config.answers, ChatSettings::default());
    assert_eq!(config.edge.limits, LimitSettings::default());
    assert_eq!(provider_settings(&[]).metadata.max_age, MetadataSettings::default().max_age);
}

#[cfg(feature = "mock")]
mod with_the_mock {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(&Variables::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn nothing_configured_means_the_mock_on_loopback() {
        let config = config(&[]).unwrap();
        assert_eq!(config.front_url.as_str(), "http://localhost:8080/");
        assert!(matches!(config.provider, Provider::Mock(mock) if mock.address.to_string() == "127.0.0.1:9400"));
    }

    #[test]
    fn the_mock_never_serves_others() {
        assert!(config(&[("FRONT_URL", "https://chat.example.com")]).is_err());
        assert!(config(&[("IP", "0.0.0.0")]).is_err());
        assert!(config(&[("MOCK_PROVIDER_ADDR", "0.0.0.0:9400")]).is_err());
    }

    #[test]
    fn the_mock_upstream_is_asked_for_by_its_address_and_never_serves_others() {
        let chat = config(&[("MOCK_UPSTREAM_ADDR", "127.0.0.1:0"), ("CHAT_IDLE_TIMEOUT", "2")]).unwrap().chat;
        let ChatUpstream::Mock(mock) = chat else { panic!("not the mock") };
        assert_eq!(mock.timeouts.idle.as_secs(), 2);
        for address in ["0.0.0.0:9500", "9500", "localhost:9500"] {
            let error = config(&[("MOCK_UPSTREAM_ADDR", address)]).unwrap_err().to_string();
            assert!(error.starts_with("MOCK_UPSTREAM_ADDR"), "{error}");
        }
    }

    #[test]
    fn a_forgotten_issuer_does_not_fall_back_to_the_mock() {
        let error = config(&[("CLIENT_ID", "chat")]).unwrap_err().to_string();
        assert!(error.contains("OIDC_ISSUER"), "{error}");
    }
}
