//! The options of a command: `--name value`, or `--name` alone.

use super::CommandError;

#[derive(Debug, Default)]
pub struct Options<'a> {
    values: Vec<(&'a str, &'a str)>,
    flags: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// `valued` are the names of the options that have a value, `flags` those of the others.
    pub fn read(arguments: &'a [String], valued: &[&str], flags: &[&str]) -> Result<Options<'a>, CommandError> {
        let mut options = Options::default();
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(name) = arguments.next() {
            if flags.contains(&name) {
                options.flags.push(name);
            } else if valued.contains(&name) {
                let value = arguments.next().filter(|value| !value.is_empty() && !value.starts_with("--"));
                let value = value.ok_or_else(|| CommandError::Usage(format!("{name} needs a value")))?;
                options.values.push((name, value));
            } else {
                return Err(CommandError::Usage(format!("there is no option {name:?}; see --help")));
            }
        }
        Ok(options)
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// The value of an option that may be given once.
    pub fn value(&self, name: &str) -> Result<Option<&'a str>, CommandError> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(CommandError::Usage(format!("{name} was given more than once"))),
            (value, None) => Ok(value),
        }
    }

    /// The values of an option that may be repeated.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(other, _)| *other == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn options_are_found_by_name_in_any_order() {
        let arguments = arguments("--uri a --https --address b --uri c");
        let options = Options::read(&arguments, &["--uri", "--address"], &["--https", "--any"]).unwrap();
        assert!(options.has("--https") && !options.has("--any"));
        assert_eq!(options.value("--address").unwrap(), Some("b"));
        assert_eq!(options.values("--uri").collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(options.value("--uri").unwrap_err().to_string(), "--uri was given more than once");
    }

    #[test]
    fn an_unknown_option_and_a_missing_value_are_named() {
        for (line, message) in [
            ("--color blue", "there is no option \"--color\"; see --help"),
            ("address", "there is no option \"address\"; see --help"),
            ("--address", "--address needs a value"),
            ("--address --https", "--address needs a value"),
        ] {
            let arguments = arguments(line);
            let error = Options::read(&arguments, &["--address"], &["--https"]).unwrap_err();
            assert_eq!(error.to_string(), message, "{line}");
        }
    }
}
