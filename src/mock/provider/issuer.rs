//! The issuers of a provider, as they are set up at the start: each has a path, clients, people and a profile of its own.

use serde::Deserialize;
use serde_json::json;

use super::{
    endpoint::{Endpoint, LOGIN_PATH},
    state::{client::Client, dpop::DpopSupport, profile::Profile, users::People},
};

/// As a file writes it: `{"profile": "keycloak", "clients": [{"client_id": "app"}]}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    #[serde(default)]
    pub profile: Profile,
    pub clients: Vec<Client>,
    /// Those whom the login page offers, and whom a `login_hint` signs in; by default Alice, Bob and Carol.
    #[serde(default = "usual_people")]
    pub people: People,
    /// Whether a `login_hint` signs in everybody else as well.
    #[serde(default)]
    pub any_user: bool,
    #[serde(default)]
    pub dpop: DpopSupport,
}

/// What an issuer's path must not begin with.
const RESERVED: [&str; 2] = ["/__control", LOGIN_PATH];

impl Issuer {
    /// With these clients; a `login_hint` signs in anybody.
    pub fn for_anybody(profile: Profile, clients: Vec<Client>) -> Issuer {
        Issuer { profile, clients, people: usual_people(), any_user: true, dpop: DpopSupport::default() }
    }
}

pub fn usual_people() -> People {
    ["alice", "bob", "carol"].into_iter().map(|name| (name.to_owned(), json!({}))).collect::<People>()
}

/// Empty, or parts of letters, digits, `-`, `_` and `.`, each after a slash; and none of the provider's own paths.
pub fn is_path(path: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_letter) && part.bytes().any(|byte| byte != b'.');
    let mut own = Endpoint::ALL.into_iter().map(Endpoint::path).chain(RESERVED);
    let is_own = own.any(|own| first_part(own) == first_part(path));
    path.is_empty() || (!is_own && path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(is_part)))
}

fn first_part(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_plain_and_none_of_the_providers_own() {
        for path in ["", "/staff", "/realms/chat", "/a.b-c_D/2"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["/", "staff", "/staff/", "//", "/a b", "/{a}", "/..", "/token", "/login/x", "/__control"] {
            assert!(!is_path(path), "{path}");
        }
    }

    #[test]
    fn an_issuer_in_a_file_needs_clients_only() {
        let issuer: Issuer = serde_json::from_value(json!({ "clients": [{ "client_id": "app" }] })).unwrap();
        assert_eq!(issuer.profile, Profile::Plain);
        assert!(!issuer.any_user);
        assert_eq!(issuer.people.keys().collect::<Vec<_>>(), ["alice", "bob", "carol"]);
        for wrong in [json!({}), json!({ "clients": [{}] }), json!({ "clients": [], "colour": "blue" })] {
            assert!(serde_json::from_value::<Issuer>(wrong).is_err());
        }
    }
}
