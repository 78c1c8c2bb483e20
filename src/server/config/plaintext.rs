//! What may cross a network unencrypted: nothing, unless the operator answers for the network between.

use super::{ConfigError, Variables};

/// The settings that allow it, and what then crosses readably.
const EXCEPTIONS: [(&str, &str); 4] = [
    ("CHAT_ALLOW_HTTP", "questions, answers and the model's key cross the network unencrypted"),
    ("DATABASE_ALLOW_PLAINTEXT", "conversations and the database's password cross the network unencrypted"),
    ("OTEL_ALLOW_HTTP", "traces cross the network unencrypted"),
    ("REDIS_ALLOW_PLAINTEXT", "sealed sessions and the password of Redis cross the network unencrypted"),
];

/// A service that is reached unencrypted, because this setting allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plaintext {
    pub setting: &'static str,
    pub words: &'static str,
}

/// An address, by its variable, and the setting that allows it to be reached unencrypted.
pub(super) struct Connection {
    pub address: &'static str,
    pub setting: &'static str,
    /// What the address must be.
    pub expected: &'static str,
    /// That the address doesn't need the setting.
    pub unneeded: &'static str,
}

impl Connection {
    /// Refuses one that would cross the network unencrypted without the setting, and the setting where there is no need
    /// for it: nobody should find an exception that is none.
    pub fn check(&self, variables: &Variables, is_plaintext: bool) -> Result<(), ConfigError> {
        let is_allowed: bool = variables.parsed(self.setting, "true or false", "false")?;
        match (is_plaintext, is_allowed) {
            (true, false) => {
                let Self { expected, setting, .. } = self;
                Err(variables.wrong(self.address, &format!("{expected}; {setting}=true allows it")))
            }
            (false, true) => Err(ConfigError::Unexpected { variable: self.setting, reason: self.unneeded }),
            _ => Ok(()),
        }
    }
}

/// Of settings that have been checked.
pub(super) fn exceptions(variables: &Variables) -> Vec<Plaintext> {
    // Without a collector, nothing is sent.
    let has_collector = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT").is_some();
    let is_set = |setting| variables.get(setting) == Some("true") && (setting != "OTEL_ALLOW_HTTP" || has_collector);
    let set = EXCEPTIONS.into_iter().filter(|(setting, _)| is_set(setting));
    set.map(|(setting, words)| Plaintext { setting, words }).collect()
}
