//! The environment and `.env`, and the errors for wrong values.

use std::{collections::BTreeMap, fmt, path::Path};

use super::{
    outbound::PROXY_VARIABLES,
    reference,
    resemblance::{Misspelt, resembled},
    secret_files, settings_file,
};

/// One line that names the variable and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable} must be {expected}")]
    Wrong { variable: &'static str, expected: String },
    #[error("{variable} must be set: {reason}")]
    Missing { variable: &'static str, reason: &'static str },
    #[error("{variable} is set, but {reason}")]
    Unexpected { variable: &'static str, reason: String },
    #[error("{variable} is set, but {other} is, too: remove one of the two")]
    BothSet { variable: &'static str, other: &'static str },
    #[error("{place} sets {variable}, which is no setting of oracle-ai; {}", Meant(.variable))]
    Unknown { place: String, variable: String },
    #[error("{variable} must name a readable file that holds {of} on one line; {path}: {cause}")]
    SecretFile { variable: &'static str, of: &'static str, path: String, cause: String },
    #[error("{file} can't be read: {cause}")]
    Unreadable { file: String, cause: String },
}

/// What an unknown name was probably meant to be.
struct Meant<'a>(&'a str);

/// Names and values, empty ones left out.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: BTreeMap<String, String>,
    misspelt: Vec<Misspelt>,
}

impl Variables {
    /// The process's environment over `.env` in the working directory.
    pub fn read() -> Result<Self, ConfigError> {
        Self::over(settings_file::dotenv().as_deref())
    }

    /// The process's environment over this file.
    pub fn read_with(file: &Path) -> Result<Self, ConfigError> {
        Self::over(Some(file))
    }

    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let values = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { values, misspelt: vec![] }
    }

    pub fn get(&self, variable: &'static str) -> Option<&str> {
        self.values.get(variable).map(String::as_str)
    }

    /// Names in the environment that are no settings, and resemble one.
    pub fn misspelt(&self) -> &[Misspelt] {
        &self.misspelt
    }

    /// Sets each secret whose file is named to what is in the file. A file is read once, at the start.
    pub(super) fn with_secrets_from_files(&self) -> Result<Self, ConfigError> {
        let mut variables = self.clone();
        for (secret, variable) in reference::secret_files() {
            let Some(path) = self.get(variable) else { continue };
            if self.get(secret).is_some() {
                return Err(ConfigError::BothSet { variable, other: secret });
            }
            let text = secret_files::read(path).map_err(|cause| ConfigError::SecretFile {
                variable,
                of: secret,
                path: path.to_owned(),
                cause,
            })?;
            variables.values.insert(secret.to_owned(), text);
        }
        Ok(variables)
    }

    /// Renames the variable in an error to the one that was set: that of the file, if the secret came from a file.
    pub(super) fn as_set(&self, mut error: ConfigError) -> ConfigError {
        if let ConfigError::Wrong { variable, .. } | ConfigError::Unexpected { variable, .. } = &mut error {
            let mut files = reference::secret_files();
            let from_file = files.find(|(secret, file)| *secret == *variable && self.get(file).is_some());
            *variable = from_file.map_or(*variable, |(_, file)| file);
        }
        error
    }

    fn over(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut variables = match file {
            Some(file) => Self::from_file(&settings_file::name_of(file), settings_file::read(file)?)?,
            None => Self::default(),
        };
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let environment: BTreeMap<_, _> = environment.collect();
        variables.add_lower_case(&environment);
        variables.add_environment(environment.into_iter())?;
        Ok(variables)
    }

    fn from_file(file: &str, lines: Vec<(String, String)>) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        for (name, value) in lines {
            let upper = proxy_in_lower_case(&name);
            if upper.as_ref().is_some_and(|upper| values.contains_key(upper)) {
                continue;
            }
            let name = upper.unwrap_or(name);
            if !is_known(&name) {
                return Err(ConfigError::Unknown { place: file.to_owned(), variable: name });
            }
            if !value.is_empty() {
                values.insert(name, value);
            }
        }
        Ok(Self { values, misspelt: vec![] })
    }

    /// The variables of proxies in lower case, unless they are set in upper case, too.
    fn add_lower_case(&mut self, environment: &BTreeMap<String, String>) {
        for name in PROXY_VARIABLES {
            if let Some(value) = environment.get(&name.to_ascii_lowercase()).filter(|_| !environment.contains_key(name))
            {
                self.values.insert(name.to_owned(), value.clone());
            }
        }
        self.values.retain(|_, value| !value.is_empty());
    }

    /// Other programs share the environment, so an unknown name is an error only if it begins as ours do. One that resembles
    /// a setting is noted.
    fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), ConfigError> {
        for (name, value) in variables {
            if is_known(&name) {
                match value.is_empty() {
                    true => self.values.remove(&name),
                    false => self.values.insert(name, value),
                };
            } else if ["OIDC_", "MOCK_PROVIDER_", "MOCK_UPSTREAM_"].iter().any(|prefix| name.starts_with(prefix)) {
                return Err(ConfigError::Unknown { place: "the environment".into(), variable: name });
            } else if proxy_in_lower_case(&name).is_none()
                && let Some(setting) = resembled(&name)
            {
                self.misspelt.push(Misspelt { name, setting });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match resembled(self.0) {
            Some(setting) => write!(f, "{setting} is one"),
            None => f.write_str("`oracle-ai config` lists the settings"),
        }
    }
}

/// The name in upper case, if it is that of a proxy's variable in lower case.
fn proxy_in_lower_case(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    (PROXY_VARIABLES.contains(&upper.as_str()) && name == upper.to_ascii_lowercase()).then_some(upper)
}

fn is_known(name: &str) -> bool {
    reference::names().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// What is read with these lines in `.env` and this environment.
    fn read(lines: &[(&str, &str)], environment: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::from_file(".env", pairs(lines)).unwrap();
        variables.add_lower_case(&pairs(environment).into_iter().collect());
        variables.add_environment(pairs(environment).into_iter()).unwrap();
        variables
    }

    #[test]
    fn variables_of_proxies_are_read_in_either_case_and_upper_case_and_the_environment_take_precedence() {
        for upper in PROXY_VARIABLES {
            let lower = &*upper.to_ascii_lowercase();
            for (lines, environment, expected) in [
                (&[(lower, "a")][..], &[][..], Some("a")),
                (&[(upper, "a")], &[], Some("a")),
                (&[(upper, "a"), (lower, "b")], &[], Some("a")),
                (&[(lower, "b"), (upper, "a")], &[], Some("a")),
                (&[], &[(lower, "a")], Some("a")),
                (&[], &[(upper, "a"), (lower, "b")], Some("a")),
                (&[(upper, "b")], &[(lower, "a")], Some("a")),
                (&[(upper, "b")], &[(upper, "")], None),
            ] {
                assert_eq!(read(lines, environment).get(upper), expected, "{lines:?} {environment:?}");
            }
        }
        let odd = Variables::from_file(".env", pairs(&[("Https_Proxy", "a")]));
        assert!(matches!(odd, Err(ConfigError::Unknown { .. })));
    }

    #[test]
    fn a_name_that_resembles_a_setting_is_noted_in_the_environment_and_refused_in_a_file() {
        let environment = [("TRUSTED_PROXYS", "10.0.0.1"), ("LANG", "C"), ("https_proxy", ""), ("PORT", "1")];
        let noted = Misspelt { name: "TRUSTED_PROXYS".into(), setting: "TRUSTED_PROXIES" };
        assert_eq!(read(&[], &environment).misspelt(), [noted]);
        let refused = Variables::from_file("/etc/oracle-ai/env", pairs(&environment)).unwrap_err().to_string();
        assert_eq!(
            refused,
            "/etc/oracle-ai/env sets TRUSTED_PROXYS, which is no setting of oracle-ai; TRUSTED_PROXIES is one"
        );
    }
}
