//! What a person may do, as their provider says it: scopes and roles.

use std::{convert::Infallible, str::FromStr};

use serde_json::{Map, Value};

use super::{
    claim_names::{ClaimPath, claims_of},
    values::IdToken,
};

/// What the holder of an access token may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// The scopes that were granted (RFC 6749 §3.3).
    pub scope: Vec<String>,
    /// Roles or groups, as the provider names them.
    pub roles: Vec<String>,
}

impl Permissions {
    /// What a refresh says anew takes the place of what was.
    pub fn refreshed(self, scope: Option<Vec<String>>, roles: Option<Vec<String>>) -> Self {
        Self { scope: scope.unwrap_or(self.scope), roles: roles.unwrap_or(self.roles) }
    }
}

/// Where the roles are among the claims, and what separates them in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesClaim {
    path: ClaimPath,
    separator: Option<char>,
}

impl RolesClaim {
    pub fn at(path: ClaimPath) -> Self {
        Self { path, separator: None }
    }

    /// In one text, this separates roles, and nothing else does.
    pub fn separated_by(self, separator: Option<char>) -> Self {
        Self { separator, ..self }
    }

    /// The roles, or `None` where there is no such claim.
    pub(super) fn read(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        self.path.find(claims).map(|value| roles(value, self.separator))
    }

    /// The roles in an ID token. It must have been verified before.
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

/// The scopes in a claim or member: one text with spaces between (RFC 6749 §3.3), or an array, as some providers send.
pub(super) fn scopes(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().flat_map(scopes).collect(),
        _ => vec![],
    }
}

/// An array of roles, or one text. What separates roles in a text is what the operator says, or else the first of these
/// that is in it: `^` (a directory's multi-valued attribute), a comma, white space. In an array a role keeps its spaces.
fn roles(value: &Value, separator: Option<char>) -> Vec<String> {
    let trimmed = |role: &str| Some(role.trim().to_owned()).filter(|role| !role.is_empty());
    let separator_in = |text: &str| separator.or_else(|| ['^', ','].into_iter().find(|usual| text.contains(*usual)));
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
    fn roles_are_an_array_or_one_text_in_the_ways_that_providers_write_it() {
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
    fn where_the_operator_says_what_separates_roles_nothing_else_does() {
        let read = |text: &str| {
            let claim = "groups".parse::<RolesClaim>().unwrap().separated_by(Some('^'));
            claim.read(json!({ "groups": text }).as_object().unwrap()).unwrap()
        };
        // One role, which is a directory's name of a group.
        assert_eq!(read("cn=chat users,ou=groups"), ["cn=chat users,ou=groups"]);
        assert_eq!(read("cn=chat,ou=groups^cn=a b"), ["cn=chat,ou=groups", "cn=a b"]);
    }

    #[test]
    fn a_path_leads_to_the_claim_and_names_may_have_dots() {
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
    fn scopes_are_one_text_or_an_array() {
        for value in [json!("openid chat"), json!(["openid", "chat"]), json!(["openid chat"])] {
            assert_eq!(scopes(&value), ["openid", "chat"]);
        }
        assert!(scopes(&json!(7)).is_empty());
    }
}
