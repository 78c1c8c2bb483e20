//! Users, and what a test has set for each. A user exists as soon as it is named.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::mock::provider::{
    endpoints::access_token::AccessTokenFormat,
    state::{
        fault::{self, Fault},
        grants::GrantType,
        response_fault::ResponseFault,
    },
};

/// 1 to 64 of `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UserName(String);

/// How the provider treats one user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds.
    pub access_token_ttl: u32,
    /// Seconds.
    pub id_token_ttl: u32,
    /// Put in the place of claims of ID tokens; `null` takes one out.
    pub id_token_claims: Map<String, Value>,
    /// The authorization endpoint answers `access_denied`.
    pub deny: bool,
    /// The authorization endpoint answers this error.
    pub authorize_error: Option<String>,
    /// How long ago they signed in here, in seconds, unless the request's `max_age` makes them sign in again.
    pub signed_in_ago: u32,
    /// Against the specification, `max_age` makes nobody sign in again.
    pub ignores_max_age: bool,
    /// The `acr` of their sign-ins; without it, the first of those that are asked for.
    pub acr: Option<String>,
    /// What is wrong with the authorization response that carries a code.
    pub authorize_response_fault: Option<ResponseFault>,
    /// How far the provider's clock is ahead, in seconds, as its ID tokens tell.
    pub clock_offset: i32,
    pub rotate_refresh_tokens: bool,
    /// Without it, the old refresh token stays good and none is sent.
    pub refresh_token_in_refresh: bool,
    pub id_token_in_refresh: bool,
    pub expires_in: ExpiresIn,
    pub access_token_format: AccessTokenFormat,
    /// Put in the place of members of a JWT's header; `null` takes one out.
    pub access_token_header: Map<String, Value>,
    /// The same for what access tokens say, as a JWT or at the introspection endpoint.
    pub access_token_claims: Map<String, Value>,
    /// The same for the introspection endpoint alone.
    pub introspection_members: Map<String, Value>,
    pub introspection_numbers_as_strings: bool,
    /// What is granted, whatever was asked for.
    pub granted_scope: Option<String>,
    pub scope_in_token_response: bool,
    /// The roles in ID tokens and access tokens; empty: none.
    pub roles: Vec<String>,
    /// How they are written.
    pub roles_form: RolesForm,
    /// Faults of the next introspections.
    pub introspection_faults: VecDeque<Fault>,
    /// Faults of the next code exchanges.
    pub token_faults: VecDeque<Fault>,
    /// Faults of the next refreshes.
    pub refresh_faults: VecDeque<Fault>,
    /// The revocation endpoint refuses, with all that was sent in a long description.
    pub revocation_echo: bool,
}

/// How the token response writes `expires_in`: real providers do all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresIn {
    Number,
    String,
    Absent,
}

/// How roles are written: real providers do all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolesForm {
    /// The claim `roles`, an array.
    Array,
    /// The claim `roles`, one text with `^` between.
    Carets,
    /// `resource_access.<client>.roles`
    OfClient,
}

impl RolesForm {
    /// No claim where there is no role.
    pub fn claims(self, roles: &[String], client_id: &str) -> Map<String, Value> {
        let claim = match self {
            _ if roles.is_empty() => return Map::new(),
            RolesForm::Array => ("roles", json!(roles)),
            RolesForm::Carets => ("roles", json!(roles.join("^"))),
            RolesForm::OfClient => ("resource_access", json!({ client_id: { "roles": roles } })),
        };
        Map::from_iter([(claim.0.to_owned(), claim.1)])
    }
}

/// A member that doesn't fit into [`Settings`].
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SettingsError {
    pub field: String,
    pub message: String,
}

#[derive(Debug, Default)]
pub struct Users {
    by_name: BTreeMap<UserName, Settings>,
    /// Of everybody else.
    usual: Settings,
}

impl UserName {
    pub fn parse(text: &str) -> Option<UserName> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(fits);
        is_name.then(|| UserName(text.to_owned()))
    }

    /// The same at every start, and nothing that could be taken for the name.
    pub fn sub(&self) -> String {
        let digest = Sha256::digest(format!("mock subject {}", self.0));
        digest.iter().take(12).map(|b| format!("{b:02x}")).collect()
    }

    /// `Alice` of `alice`.
    pub fn display_name(&self) -> String {
        let (first, rest) = self.0.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    }

    pub fn email(&self) -> String {
        format!("{}@example.com", self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access_token_ttl: 300,
            id_token_ttl: 300,
            id_token_claims: Map::new(),
            deny: false,
            authorize_error: None,
            signed_in_ago: 0,
            ignores_max_age: false,
            acr: None,
            authorize_response_fault: None,
            clock_offset: 0,
            rotate_refresh_tokens: true,
            refresh_token_in_refresh: true,
            id_token_in_refresh: true,
            expires_in: ExpiresIn::Number,
            access_token_format: AccessTokenFormat::Opaque,
            access_token_header: Map::new(),
            access_token_claims: Map::new(),
            introspection_members: Map::new(),
            introspection_numbers_as_strings: false,
            granted_scope: None,
            scope_in_token_response: true,
            roles: Vec::new(),
            roles_form: RolesForm::Array,
            introspection_faults: VecDeque::new(),
            token_faults: VecDeque::new(),
            refresh_faults: VecDeque::new(),
            revocation_echo: false,
        }
    }
}

impl Settings {
    /// These settings with the members of `changes` in place of theirs. Members are tried
    /// one by one, so that the error can say which one doesn't fit.
    fn changed(&self, changes: Map<String, Value>) -> Result<Settings, SettingsError> {
        let mut settings = self.clone();
        for (field, value) in changes {
            settings =
                settings.with(&field, value).map_err(|error| SettingsError { message: error.to_string(), field })?;
        }
        Ok(settings)
    }

    fn with(&self, field: &str, value: Value) -> serde_json::Result<Settings> {
        let mut members = serde_json::to_value(self)?;
        if let Value::Object(members) = &mut members {
            members.insert(field.to_owned(), value);
        }
        serde_json::from_value(members)
    }
}

impl Users {
    pub fn treated(usual: Settings) -> Users {
        Users { by_name: BTreeMap::new(), usual }
    }

    pub fn settings(&self, user: &UserName) -> Settings {
        self.by_name.get(user).cloned().unwrap_or_else(|| self.usual.clone())
    }

    pub fn change(&mut self, user: &UserName, changes: Map<String, Value>) -> Result<Settings, SettingsError> {
        let settings = self.settings(user).changed(changes)?;
        self.by_name.insert(user.clone(), settings.clone());
        Ok(settings)
    }

    /// Everybody who has settings.
    pub fn names(&self) -> impl Iterator<Item = &UserName> {
        self.by_name.keys()
    }

    pub fn reset(&mut self, user: &UserName) {
        self.by_name.remove(user);
    }

    pub fn reset_all(&mut self) {
        self.by_name.clear();
    }

    pub fn next_introspection_fault(&mut self, user: &UserName) -> Option<Fault> {
        fault::take_next(&mut self.by_name.get_mut(user)?.introspection_faults)
    }

    pub fn next_fault(&mut self, user: &UserName, grant_type: GrantType) -> Option<Fault> {
        let settings = self.by_name.get_mut(user)?;
        fault::take_next(match grant_type {
            GrantType::AuthorizationCode => &mut settings.token_faults,
            GrantType::RefreshToken => &mut settings.refresh_faults,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(users: &mut Users, changes: Value) -> Result<Settings, SettingsError> {
        let alice = UserName::parse("alice").unwrap();
        users.change(&alice, changes.as_object().unwrap().clone())
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let mut users = Users::default();
        change(&mut users, json!({"access_token_ttl": 2})).unwrap();
        let settings = change(&mut users, json!({"deny": true})).unwrap();
        let expected = Settings { access_token_ttl: 2, deny: true, ..Settings::default() };
        assert_eq!(settings, expected);
    }

    #[test]
    fn a_member_that_does_not_fit_is_named_and_nothing_is_changed() {
        for (field, value) in [
            ("acess_token_ttl", json!(1)),
            ("access_token_ttl", json!("1")),
            ("expires_in", json!("sometimes")),
            ("refresh_faults", json!([{"kind": "tired"}])),
            ("refresh_faults", json!([{"kind": "slow", "seconds": 1}])),
        ] {
            let mut users = Users::default();
            let error = change(&mut users, json!({"deny": true, field: value})).unwrap_err();
            assert_eq!(error.field, field);
            assert!(users.by_name.is_empty());
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        for name in ["a", "alice", "j.doe_2-x"] {
            assert!(UserName::parse(name).is_some(), "{name}");
        }
        for name in ["", "Alice", "a b", "<b>", "é", &"a".repeat(65)] {
            assert!(UserName::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_subject_is_stable_and_is_not_the_name() {
        let [alice, bob] = ["alice", "bob"].map(|name| UserName::parse(name).unwrap());
        assert_eq!(alice.sub(), alice.sub());
        assert_ne!(alice.sub(), bob.sub());
        assert!(!alice.sub().contains("alice"));
    }
}
