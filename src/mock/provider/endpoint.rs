//! The endpoints by name and path.

use serde::{Deserialize, Serialize};

/// Serialised by the name that the control API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    Authorize,
    Token,
    Userinfo,
    Introspect,
    Revoke,
    EndSession,
    PushedAuthorization,
    Jwks,
    Discovery,
}

/// The target of the login page's forms. Its calls are logged as [`Endpoint::Authorize`].
pub const LOGIN_PATH: &str = "/login";

impl Endpoint {
    pub const ALL: [Endpoint; 9] = [
        Endpoint::Authorize,
        Endpoint::Token,
        Endpoint::Userinfo,
        Endpoint::Introspect,
        Endpoint::Revoke,
        Endpoint::EndSession,
        Endpoint::PushedAuthorization,
        Endpoint::Jwks,
        Endpoint::Discovery,
    ];

    pub const fn path(self) -> &'static str {
        match self {
            Endpoint::Authorize => "/authorize",
            Endpoint::Token => "/token",
            Endpoint::Userinfo => "/userinfo",
            Endpoint::Introspect => "/introspect",
            Endpoint::Revoke => "/revoke",
            Endpoint::EndSession => "/end_session",
            Endpoint::PushedAuthorization => "/par",
            Endpoint::Jwks => "/jwks",
            Endpoint::Discovery => "/.well-known/openid-configuration",
        }
    }

    /// As it is serialised.
    pub fn name(self) -> &'static str {
        match self {
            Endpoint::Authorize => "authorize",
            Endpoint::Token => "token",
            Endpoint::Userinfo => "userinfo",
            Endpoint::Introspect => "introspect",
            Endpoint::Revoke => "revoke",
            Endpoint::EndSession => "end_session",
            Endpoint::PushedAuthorization => "pushed_authorization",
            Endpoint::Jwks => "jwks",
            Endpoint::Discovery => "discovery",
        }
    }

    pub fn named(name: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }

    pub fn at_path(path: &str) -> Option<Endpoint> {
        if path == LOGIN_PATH {
            return Some(Endpoint::Authorize);
        }
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// Whether its calls are made on behalf of a user.
    pub fn has_user(self) -> bool {
        !matches!(self, Endpoint::Jwks | Endpoint::Discovery)
    }
}
