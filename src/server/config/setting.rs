//! A setting: one environment variable. Its definition documents it, reads it and words its errors.

use super::{
    reference,
    variables::{ConfigError, Variables},
};

/// One environment variable, whose values are described by `V` (see [`values`](super::values)).
pub struct Setting<V> {
    pub name: &'static str,
    /// What it means, for the documentation. The default and the bounds are added to it.
    pub text: &'static str,
    /// A value to copy; empty where none is fit for copying.
    pub example: &'static str,
    pub value: V,
}

/// Settings that belong together.
pub struct Section {
    pub title: &'static str,
    /// May be empty.
    pub text: &'static str,
    pub settings: &'static [&'static dyn AnySetting],
}

/// Which values a setting takes.
pub trait Value: Sync {
    type Output;

    /// `None` if the text is not what is [`expected`](Self::expected).
    fn parse(&self, text: &str) -> Option<Self::Output>;

    /// Completes "NAME must be …".
    fn expected(&self) -> String;

    /// As it would be written in `.env`.
    fn default(&self) -> Option<String>;

    /// Whether [`expected`](Self::expected) states all there is to know about the values, so that the documentation
    /// repeats it.
    fn is_documented(&self) -> bool {
        true
    }

    /// The variable that can name a file with the value. Only secrets have one.
    fn secret_file(&self) -> Option<&'static str> {
        None
    }
}

/// A setting with any type of values, for lists of settings.
pub trait AnySetting: Sync {
    fn name(&self) -> &'static str;
    fn text(&self) -> &'static str;
    fn example(&self) -> &'static str;
    fn default(&self) -> Option<String>;
    /// What the documentation says about the values.
    fn documented_values(&self) -> Option<String>;
    fn secret_file(&self) -> Option<&'static str>;
    fn is_set(&self, variables: &Variables) -> bool;
    fn wrong(&self, expected: &str) -> ConfigError;
    fn unexpected(&self, reason: &str) -> ConfigError;
}

impl<V: Value> Setting<V> {
    /// The value, if the setting is set.
    pub fn get(&self, variables: &Variables) -> Result<Option<V::Output>, ConfigError> {
        // `.env` may set listed names only.
        debug_assert!(reference::names().any(|name| name == self.name), "no section lists {}", self.name);
        variables.get(self.name).map(|text| self.parse(text)).transpose()
    }

    /// The value, or the default.
    pub fn read(&self, variables: &Variables) -> Result<V::Output, ConfigError> {
        match (self.get(variables)?, self.value.default()) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => self.parse(&default),
            (None, None) => Err(self.missing("it has no default")),
        }
    }

    /// The value of a setting that must be set, for this reason.
    pub fn required(&self, variables: &Variables, reason: &'static str) -> Result<V::Output, ConfigError> {
        self.get(variables)?.ok_or(self.missing(reason))
    }

    /// The value is not what the definition expects.
    pub fn invalid(&self) -> ConfigError {
        self.wrong(&self.value.expected())
    }

    pub fn missing(&self, reason: &'static str) -> ConfigError {
        ConfigError::Missing { variable: self.name, reason }
    }

    fn parse(&self, text: &str) -> Result<V::Output, ConfigError> {
        self.value.parse(text).ok_or_else(|| self.invalid())
    }
}

impl<V: Value> AnySetting for Setting<V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn text(&self) -> &'static str {
        self.text
    }

    fn example(&self) -> &'static str {
        self.example
    }

    fn default(&self) -> Option<String> {
        self.value.default()
    }

    fn documented_values(&self) -> Option<String> {
        self.value.is_documented().then(|| self.value.expected())
    }

    fn secret_file(&self) -> Option<&'static str> {
        self.value.secret_file()
    }

    fn is_set(&self, variables: &Variables) -> bool {
        variables.get(self.name).is_some()
    }

    /// The value itself is not repeated: it may be a secret.
    fn wrong(&self, expected: &str) -> ConfigError {
        ConfigError::Wrong { variable: self.name, expected: expected.to_owned() }
    }

    fn unexpected(&self, reason: &str) -> ConfigError {
        ConfigError::Unexpected { variable: self.name, reason: reason.to_owned() }
    }
}

/// Refuses settings that would have no effect: an operator who sets one relies on it.
pub fn refuse(variables: &Variables, settings: &[&dyn AnySetting], reason: &str) -> Result<(), ConfigError> {
    match settings.iter().find(|setting| setting.is_set(variables)) {
        Some(setting) => Err(setting.unexpected(reason)),
        None => Ok(()),
    }
}
