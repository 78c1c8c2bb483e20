//! Configurable claim names, as providers use different claims for the same information about a person.

use std::{convert::Infallible, str::FromStr};

use serde_json::{Map, Value};

use super::{
    deviations::{self, Document, LEFT_OUT},
    permissions::{PermissionsSource, RolesClaim},
    values::IdToken,
};
use crate::{
    server::auth::jose::{Compact, json},
    wire::auth::UserClaims,
};

/// The claims to read in place of the standard ones.
#[derive(Clone, Debug, Default)]
pub struct ClaimNames {
    /// `ROLES_CLAIM`, `ROLES_SEPARATOR`
    pub roles: RolesClaim,
    /// `PERMISSIONS_FROM`
    pub permissions_from: PermissionsSource,
    /// `NAME_CLAIM`, in place of `name`.
    pub name: Option<ClaimPath>,
    /// `EMAIL_CLAIM`, in place of `email`.
    pub email: Option<ClaimPath>,
    /// `USER_ID_CLAIM`: a permanent identifier of the person, for providers whose `sub` may change.
    pub user_id: Option<ClaimPath>,
}

/// The name of a claim, or a path to a nested one with dots (`realm_access.roles`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimNames {
    /// Overwrites fields of `user` with the configured claims, as far as `claims` has them.
    pub(super) fn apply(&self, claims: &Map<String, Value>, user: &mut UserClaims) {
        for (path, member) in
            [(&self.name, &mut user.name), (&self.email, &mut user.email), (&self.user_id, &mut user.user_id)]
        {
            if let Some(path) = path {
                *member = path.text(claims).or(member.take());
            }
        }
    }

    /// Counts and logs the configured claims that can't be shown.
    pub(super) fn record_other_types(&self, document: Document, claims: &Map<String, Value>) {
        for (path, setting) in
            [(&self.name, "NAME_CLAIM"), (&self.email, "EMAIL_CLAIM"), (&self.user_id, "USER_ID_CLAIM")]
        {
            let found = path.as_ref().and_then(|path| path.find(claims));
            if found.is_some_and(|value| !matches!(value, Value::Null | Value::String(_) | Value::Number(_))) {
                deviations::accepted(document, setting, LEFT_OUT);
            }
        }
    }

    /// Whether the ID token's claims lack a configured claim or any name of the person, so that userinfo is requested.
    pub(super) fn needs_userinfo(&self, user: &UserClaims, claims: &Map<String, Value>) -> bool {
        let is_missing = |path: &Option<ClaimPath>| path.as_ref().is_some_and(|path| path.text(claims).is_none());
        let is_nameless = user.name.is_none() && user.preferred_username.is_none() && user.email.is_none();
        is_nameless || [&self.name, &self.email, &self.user_id].into_iter().any(is_missing)
    }

    /// Whether a configured claim is this one, or a member of it.
    pub(super) fn reads(&self, claim: &str) -> bool {
        let paths = [&self.name, &self.email, &self.user_id].into_iter().flatten().chain([&self.roles.path]);
        paths.into_iter().any(|path| path.0.split('.').next() == Some(claim))
    }

    /// Logs at every start that people are identified by another claim than `sub`, for auditors (T38).
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

    /// The claim if it is a non-empty string, or a number, formatted.
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

/// All claims of an ID token that was verified before.
pub fn claims_of(verified: &IdToken) -> Map<String, Value> {
    let jwt = Compact::parse(verified.secret().as_bytes());
    jwt.and_then(|jwt| json::object(&jwt.payload)).unwrap_or_default()
}

/// A claim name may contain dots (`https://example.com/roles`), so the whole path is tried first as one name.
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
    fn configured_claims_replace_the_standard_ones() {
        let names = ClaimNames {
            name: "displayName".parse().ok(),
            email: "contact.mail".parse().ok(),
            user_id: "employeeNumber".parse().ok(),
            ..ClaimNames::default()
        };
        let claims = json!({ "displayName": "Ada", "contact": { "mail": "ada@example.com" }, "employeeNumber": 42 });
        let mut user: UserClaims = serde_json::from_value(json!({ "iss": "i", "sub": "s", "name": "A." })).unwrap();
        assert!(names.needs_userinfo(&user, &Map::new()));
        names.apply(claims.as_object().unwrap(), &mut user);
        assert_eq!(user.name.as_deref(), Some("Ada"));
        assert_eq!(user.email.as_deref(), Some("ada@example.com"));
        assert_eq!(user.user_id.as_deref(), Some("42"));
        assert!(!names.needs_userinfo(&user, claims.as_object().unwrap()));
        // An absent claim changes nothing.
        names.apply(&Map::new(), &mut user);
        assert_eq!(user.name.as_deref(), Some("Ada"));
    }
}
