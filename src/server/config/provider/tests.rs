use std::time::Duration;

use super::super::tests::{config, error, provider_settings};
use crate::server::auth::oidc::ClientAuthentication;

#[test]
fn a_provider_needs_four_lines() {
    let settings = provider_settings(&[]);
    assert_eq!(settings.redirect_uri.as_str(), "https://chat.example.com/auth/callback");
    assert!(matches!(settings.client_authentication, ClientAuthentication::ClientSecretBasic(_)));
    assert_eq!(settings.scopes, ["profile", "email"]);
}

#[test]
fn the_issuer_keeps_every_letter() {
    // T20
    for issuer in ["https://sso.example.com/", "https://sso.example.com", "https://sso.example.com//a/"] {
        assert_eq!(provider_settings(&[("OIDC_ISSUER", issuer)]).issuer.as_str(), issuer);
    }
}

#[test]
fn claims_are_renamed_unless_they_have_the_usual_name() {
    let claims =
        provider_settings(&[("NAME_CLAIM", "displayName"), ("EMAIL_CLAIM", "email"), ("USER_ID_CLAIM", "sub")]).claims;
    assert!(claims.name.is_some() && claims.email.is_none() && claims.user_id.is_none());
}

#[test]
fn hosts_of_endpoints_are_named_as_urls_have_them() {
    let settings = provider_settings(&[("OIDC_ENDPOINT_HOSTS", "API.example.com  10.0.0.5")]);
    assert_eq!(settings.metadata.hosts, Some(["api.example.com".into(), "10.0.0.5".into()].into()));
    assert!(!settings.metadata.introspection);
}

#[test]
fn metadata_is_used_for_an_hour_unless_another_age_is_set() {
    let max_age = |more: &[(&str, &str)]| provider_settings(more).metadata.max_age;
    assert_eq!(max_age(&[]), Duration::from_secs(60 * 60));
    for (set, seconds) in [("60", 60), ("86400", 86400)] {
        assert_eq!(max_age(&[("OIDC_METADATA_MAX_AGE", set)]), Duration::from_secs(seconds));
    }
}

#[test]
fn a_client_key_takes_the_place_of_the_secret() {
    let method = ("CLIENT_AUTH", "private_key_jwt");
    let without_secret =
        |more: &[(&'static str, &'static str)]| error(&[&[method, ("CLIENT_SECRET", "")][..], more].concat());
    assert!(error(&[method]).starts_with("CLIENT_SECRET"));
    assert!(without_secret(&[]).starts_with("CLIENT_KEY_FILE must be set"));
    for file in ["/nowhere/client.pem", "Cargo.toml"] {
        let error = without_secret(&[("CLIENT_KEY_FILE", file)]);
        assert!(error.starts_with("CLIENT_KEY_FILE"), "{error}");
    }
}

#[test]
fn without_discovery_the_endpoints_that_a_login_needs_must_be_set() {
    // T21
    let off = ("OIDC_DISCOVERY", "false");
    let set = [
        ("AUTHORIZATION_ENDPOINT", "https://sso.example.com/authorize"),
        ("TOKEN_ENDPOINT", "https://sso.example.com//token"),
        ("JWKS_URI", "https://sso.example.com/jwks"),
    ];
    for n in 0..set.len() {
        let some = [&[off][..], &set[..n]].concat();
        assert!(config(&some).unwrap_err().to_string().starts_with(set[n].0));
    }
    let settings = provider_settings(&[&[off][..], &set].concat());
    assert_eq!(settings.metadata.endpoints["token_endpoint"], "https://sso.example.com//token");
    assert!(!settings.metadata.discovery);
}
