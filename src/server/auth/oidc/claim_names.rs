//! Where a provider says what about a person: every directory has names of its own.

use std::{convert::Infallible, str::FromStr};

use serde_json::{Map, Value};

use super::{permissions::RolesClaim, values::IdToken};
use crate::{
    server::auth::jose::{Compact, json},
    wire::auth::UserClaims,
};

/// Claims in place of the usual ones.
#[derive(Clone, Debug, Default)]
pub struct ClaimNames {
    /// `ROLES_CLAIM`, `ROLES_SEPARATOR`
    pub roles: RolesClaim,
    /// `NAME_CLAIM`, in place of `name`.
    pub name: Option<ClaimPath>,
    /// `EMAIL_CLAIM`, in place of `email`.
    pub email: Option<ClaimPath>,
    /// `USER_ID_CLAIM`: what names a person for good, where `sub` does not.
    pub user_id: Option<ClaimPath>,
}

/// A claim's name, or names joined by dots on the way down to it (`realm_access.roles`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimNames {
    /// Puts what these claims say in the place of what `user` says, where they have the claim that the operator named.
    pub(super) fn apply(&self, claims: &Map<String, Value>, user: &mut UserClaims) {
        for (path, member) in
            [(&self.name, &mut user.name), (&self.email, &mut user.email), (&self.user_id, &mut user.user_id)]
        {
            if let Some(path) = path {
                *member = path.text(claims).or(member.take());
            }
        }
    }

    /// Whether a login would have to do without something that the operator named.
    pub(super) fn is_wanting(&self, user: &UserClaims, claims: &Map<String, Value>) -> bool {
        let is_wanting = |path: &Option<ClaimPath>| path.as_ref().is_some_and(|path| path.text(claims).is_none());
        let is_nameless = user.name.is_none() && user.preferred_username.is_none() && user.email.is_none();
        is_nameless || [&self.name, &self.email, &self.user_id].into_iter().any(is_wanting)
    }

    /// What an auditor should find in the log of every start (T38).
    pub(super) fn warn_of_exceptions(&self) {
        if let Some(ClaimPath(claim)) = &self.user_id {
            tracing::warn!(claim, "USER_ID_CLAIM: people are known by this claim in place of `sub`");
        }
    }
}

impl ClaimPath {
    pub(super) fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        at_path(claims, &self.0)
    }

    /// A text that is not empty, or a number as text.
    pub(super) fn text(&self, claims: &Map<String, Value>) -> Option<String> {
        let text = match self.find(claims)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

impl FromStr for ClaimPath {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// The claims of an ID token, all of them. It must have been verified before.
pub fn claims_of(verified: &IdToken) -> Map<String, Value> {
    let jwt = Compact::parse(verified.secret().as_bytes());
    jwt.and_then(|jwt| json::object(&jwt.payload)).unwrap_or_default()
}

/// A name may have dots itself (`https://example.com/roles`), so the whole is tried before its parts.
fn at_path<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (name, rest) = (&path[..dot], &path[dot + 1..]);
        at_path(claims.get(name)?.as_object()?, rest)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_operator_names_takes_the_place_of_what_is_usual() {
        let names = ClaimNames {
            name: "displayName".parse().ok(),
            email: "contact.mail".parse().ok(),
            user_id: "employeeNumber".parse().ok(),
            ..ClaimNames::default()
        };
        let claims = json!({ "displayName": "Ada", "contact": { "mail": "ada@example.com" }, "employeeNumber": 42 });
        let mut user: UserClaims = serde_json::from_value(json!({ "iss": "i", "sub": "s", "name": "A." })).unwrap();
        assert!(names.is_wanting(&user, &Map::new()));
        names.apply(claims.as_object().unwrap(), &mut user);
        assert_eq!(user.name.as_deref(), Some("Ada"));
        assert_eq!(user.email.as_deref(), Some("ada@example.com"));
        assert_eq!(user.user_id.as_deref(), Some("42"));
        assert!(!names.is_wanting(&user, claims.as_object().unwrap()));
        // What is not there leaves what was.
        names.apply(&Map::new(), &mut user);
        assert_eq!(user.name.as_deref(), Some("Ada"));
    }
}
