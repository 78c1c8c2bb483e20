//! The scopes and roles that the provider grants.

use std::{convert::Infallible, str::FromStr};

use serde_json::{Map, Value};

use super::{
    claim_names::{ClaimPath, claims_of},
    values::IdToken,
};

/// The permissions of an access token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// The scopes that were granted (RFC 6749 §3.3).
    pub scope: Vec<String>,
    /// Roles or groups, as the provider names them.
    pub roles: Vec<String>,
    /// The provider has left the roles out, as there are too many, and said so: `roles` is empty for that reason.
    pub roles_left_out: bool,
}

impl Permissions {
    /// With what a refresh returned; `None` means unchanged.
    pub fn refreshed(self, scope: Option<Vec<String>>, roles: Option<Vec<String>>) -> Self {
        Self {
            scope: scope.unwrap_or(self.scope),
            roles_left_out: self.roles_left_out && roles.is_none(),
            roles: roles.unwrap_or(self.roles),
        }
    }
}

/// `PERMISSIONS_FROM`: who says which roles a person has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PermissionsSource {
    /// The ID token, of the login and of each refresh that brings one; at the login also userinfo, if it is requested.
    #[default]
    IdToken,
    /// The userinfo endpoint, at the login and at each refresh.
    Userinfo,
    /// The introspection endpoint, at the login and at each refresh.
    Introspection,
}

/// The claim that contains the roles, and their separator if it is one string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesClaim {
    pub(super) path: ClaimPath,
    separator: Option<char>,
}

impl RolesClaim {
    pub fn at(path: ClaimPath) -> Self {
        Self { path, separator: None }
    }

    /// Sets the only separator of roles in a string. Without it, common separators are detected.
    pub fn separated_by(self, separator: Option<char>) -> Self {
        Self { separator, ..self }
    }

    /// The roles, or `None` if the claim is absent.
    pub(super) fn read(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        self.path.find(claims).map(|value| roles(value, self.separator))
    }

    /// Whether the claim is absent because it would be too long (“overage” of Entra ID): its place is in `_claim_names`
    /// (OpenID Connect Core §5.6.2), or `hasgroups` stands for it.
    pub(super) fn is_left_out(&self, claims: &Map<String, Value>) -> bool {
        let is_elsewhere = |names: &Value| names.as_object().is_some_and(|names| self.path.find(names).is_some());
        let has_groups = claims.get("hasgroups").is_some_and(|flag| *flag == true || *flag == "true");
        self.read(claims).is_none() && (has_groups || claims.get("_claim_names").is_some_and(is_elsewhere))
    }

    /// The roles in an ID token that was verified before.
    pub(super) fn of_id_token(&self, verified: &IdToken) -> Option<Vec<String>> {
        self.read(&claims_of(verified))
    }
}

impl Default for RolesClaim {
    fn default() -> Self {
        Self::named("roles")
    }
}

impl FromStr for RolesClaim {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::named(text))
    }
}

impl RolesClaim {
    fn named(path: &str) -> Self {
        let Ok(path) = path.parse();
        Self::at(path)
    }
}

/// Scopes in a string, separated by spaces (RFC 6749 §3.3), or in an array, as some providers send them.
pub(super) fn scopes(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().flat_map(scopes).collect(),
        _ => vec![],
    }
}

/// Roles in an array or in a string. In a string they are separated by the configured separator, or else by the first of
/// these that it contains: `^` (multi-valued attributes of LDAP directories), comma, white space.
fn roles(value: &Value, separator: Option<char>) -> Vec<String> {
    let trimmed = |role: &str| Some(role.trim().to_owned()).filter(|role| !role.is_empty());
    let separator_in = |text: &str| separator.or_else(|| ['^', ','].into_iter().find(|common| text.contains(*common)));
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).filter_map(trimmed).collect(),
        Value::String(text) => match separator_in(text) {
            Some(separator) => text.split(separator).filter_map(trimmed).collect(),
            None => text.split_whitespace().map(str::to_owned).collect(),
        },
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(path: &str, claims: Value) -> Option<Vec<String>> {
        path.parse::<RolesClaim>().unwrap().read(claims.as_object().unwrap())
    }

    #[test]
    fn roles_are_an_array_or_a_string_with_a_common_separator() {
        for (value, roles) in [
            (json!(["chat", "chat users"]), vec!["chat", "chat users"]),
            (json!("chat"), vec!["chat"]),
            (json!("chat admin  audit"), vec!["chat", "admin", "audit"]),
            (json!("chat users, admin,"), vec!["chat users", "admin"]),
            (json!("cn=chat,ou=groups^cn=chat users,ou=groups"), vec!["cn=chat,ou=groups", "cn=chat users,ou=groups"]),
            (json!(["chat", 7, null, " "]), vec!["chat"]),
            (json!(""), vec![]),
            (json!({ "chat": true }), vec![]),
            (json!(true), vec![]),
        ] {
            assert_eq!(read("roles", json!({ "roles": value })), Some(roles.iter().map(|r| (*r).into()).collect()));
        }
    }

    #[test]
    fn a_configured_separator_of_roles_is_the_only_one() {
        let read = |text: &str| {
            let claim = "groups".parse::<RolesClaim>().unwrap().separated_by(Some('^'));
            claim.read(json!({ "groups": text }).as_object().unwrap()).unwrap()
        };
        // One role: the distinguished name of a group.
        assert_eq!(read("cn=chat users,ou=groups"), ["cn=chat users,ou=groups"]);
        assert_eq!(read("cn=chat,ou=groups^cn=a b"), ["cn=chat,ou=groups", "cn=a b"]);
    }

    #[test]
    fn a_path_finds_a_nested_claim_and_claim_names_may_contain_dots() {
        let found = Some(vec!["chat".to_owned()]);
        for (path, claims) in [
            ("realm_access.roles", json!({ "realm_access": { "roles": ["chat"] } })),
            ("https://example.com/roles", json!({ "https://example.com/roles": ["chat"] })),
            ("resource_access.my.app.roles", json!({ "resource_access": { "my.app": { "roles": "chat" } } })),
            ("a.b", json!({ "a": "no object", "a.b": "chat" })),
        ] {
            assert_eq!(read(path, claims.clone()), found, "{path} {claims}");
        }
        for (path, claims) in [
            ("roles", json!({})),
            ("realm_access.roles", json!({ "realm_access": "roles", "roles": ["chat"] })),
            ("a.b.c", json!({ "a": { "b": { "d": 1 } } })),
        ] {
            assert_eq!(read(path, claims.clone()), None, "{path} {claims}");
        }
    }

    #[test]
    fn roles_that_are_too_many_are_left_out_with_a_sign() {
        let is_left_out = |claims: Value| {
            let claim = "groups".parse::<RolesClaim>().unwrap();
            claim.is_left_out(claims.as_object().unwrap())
        };
        let sources = json!({ "src1": { "endpoint": "https://graph.example.com/me/getMemberObjects" } });
        assert!(is_left_out(json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": sources })));
        assert!(is_left_out(json!({ "hasgroups": true })) && is_left_out(json!({ "hasgroups": "true" })));
        for claims in [
            json!({}),
            json!({ "groups": [] }),
            json!({ "groups": ["a"], "_claim_names": { "groups": "src1" } }),
            json!({ "_claim_names": { "address": "src1" } }),
            json!({ "_claim_names": ["groups"] }),
            json!({ "hasgroups": false }),
        ] {
            assert!(!is_left_out(claims.clone()), "{claims}");
        }
    }

    #[test]
    fn scopes_are_a_string_or_an_array() {
        for value in [json!("openid chat"), json!(["openid", "chat"]), json!(["openid chat"])] {
            assert_eq!(scopes(&value), ["openid", "chat"]);
        }
        assert!(scopes(&json!(7)).is_empty());
    }
}
