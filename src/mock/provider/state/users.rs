//! Users, and the settings that a test has made for each.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    fault::{self, Fault},
    settings::{Settings, SettingsError},
    user_name::UserName,
};

/// People by name, with the settings in which each differs from the defaults: as a file or a test writes them.
pub type People = Map<String, Value>;

#[derive(Debug, Default)]
pub struct Users {
    by_name: BTreeMap<UserName, Settings>,
    /// The people at the start, to which a reset leads back.
    people: BTreeMap<UserName, Settings>,
    /// Of all other users.
    defaults: Settings,
    /// Whether every name is known.
    any_is_known: bool,
}

/// Why people can't be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error("{0:?} is no user name: 1 to 64 of a-z, 0-9, dot, dash and underscore")]
    Name(String),
    #[error("{0}: its settings must be an object")]
    NotAnObject(UserName),
    #[error("{user}: {}: {}", .error.field, .error.message)]
    Settings { user: UserName, error: SettingsError },
}

impl Users {
    pub fn new(people: People, defaults: Settings, any_is_known: bool) -> Result<Users, PeopleError> {
        let mut users = Users { defaults, any_is_known, ..Users::default() };
        users.change_all(people)?;
        users.people = users.by_name.clone();
        Ok(users)
    }

    /// Whether this person is registered: only then a `login_hint` is enough to sign in.
    pub fn knows(&self, user: &UserName) -> bool {
        self.any_is_known || self.by_name.contains_key(user)
    }

    /// The people at the start.
    pub fn people(&self) -> impl Iterator<Item = &UserName> {
        self.people.keys()
    }

    /// All that are registered, with their settings.
    pub fn all(&self) -> &BTreeMap<UserName, Settings> {
        &self.by_name
    }

    /// Changes several users, or none if there is an error.
    pub fn change_all(&mut self, people: People) -> Result<(), PeopleError> {
        let mut changed = self.by_name.clone();
        for (name, changes) in people {
            let user = UserName::parse(&name).ok_or(PeopleError::Name(name))?;
            let Value::Object(changes) = changes else { return Err(PeopleError::NotAnObject(user)) };
            let settings = self.settings(&user).changed(changes);
            let settings = settings.map_err(|error| PeopleError::Settings { user: user.clone(), error })?;
            changed.insert(user, settings);
        }
        self.by_name = changed;
        Ok(())
    }

    pub fn settings(&self, user: &UserName) -> Settings {
        self.by_name.get(user).cloned().unwrap_or_else(|| self.defaults.clone())
    }

    pub fn change(&mut self, user: &UserName, changes: Map<String, Value>) -> Result<Settings, SettingsError> {
        let settings = self.settings(user).changed(changes)?;
        self.by_name.insert(user.clone(), settings.clone());
        Ok(settings)
    }

    /// Back to the settings at the start.
    pub fn reset(&mut self, user: &UserName) {
        match self.people.get(user) {
            Some(settings) => drop(self.by_name.insert(user.clone(), settings.clone())),
            None => drop(self.by_name.remove(user)),
        }
    }

    pub fn reset_all(&mut self) {
        self.by_name.clone_from(&self.people);
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

    #[test]
    fn a_reset_leads_back_to_the_people_at_the_start() {
        let people = json!({ "alice": { "access_token_ttl": 7 } });
        let mut users = Users::new(people.as_object().unwrap().clone(), Settings::default(), false).unwrap();
        let [alice, bob] = ["alice", "bob"].map(|name| UserName::parse(name).unwrap());
        assert!(users.knows(&alice) && !users.knows(&bob));
        change(&mut users, json!({ "access_token_ttl": 8, "deny": true })).unwrap();
        users.change_all(json!({ "bob": {} }).as_object().unwrap().clone()).unwrap();
        assert!(users.knows(&bob));
        users.reset_all();
        assert_eq!(users.settings(&alice), Settings { access_token_ttl: 7, ..Settings::default() });
        assert!(!users.knows(&bob));
    }

    #[test]
    fn of_several_people_all_are_changed_or_none() {
        let mut users = Users::default();
        for (people, message) in [
            (json!({ "alice": { "deny": true }, "Bob!": {} }), "\"Bob!\" is no user name"),
            (json!({ "alice": { "deny": true }, "bob": [] }), "bob: its settings must be an object"),
            (json!({ "alice": { "deny": true }, "bob": { "denied": true } }), "bob: denied: unknown field"),
        ] {
            let error = users.change_all(people.as_object().unwrap().clone()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
            assert!(users.all().is_empty());
        }
    }
}
