//! Users, and the settings that a test has made for each.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    fault::{self, Fault},
    settings::{Settings, SettingsError},
    user_name::UserName,
};

#[derive(Debug, Default)]
pub struct Users {
    by_name: BTreeMap<UserName, Settings>,
    /// Of all other users.
    defaults: Settings,
}

impl Users {
    pub fn with_defaults(defaults: Settings) -> Users {
        Users { by_name: BTreeMap::new(), defaults }
    }

    pub fn settings(&self, user: &UserName) -> Settings {
        self.by_name.get(user).cloned().unwrap_or_else(|| self.defaults.clone())
    }

    pub fn change(&mut self, user: &UserName, changes: Map<String, Value>) -> Result<Settings, SettingsError> {
        let settings = self.settings(user).changed(changes)?;
        self.by_name.insert(user.clone(), settings.clone());
        Ok(settings)
    }

    /// The users with settings of their own.
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

    pub fn next_token_fault(&mut self, user: &UserName) -> Option<Fault> {
        fault::take_next(&mut self.by_name.get_mut(user)?.token_faults)
    }

    pub fn next_refresh_fault(&mut self, user: &UserName) -> Option<Fault> {
        fault::take_next(&mut self.by_name.get_mut(user)?.refresh_faults)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
}
