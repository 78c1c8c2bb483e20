//! Every variable that is ours, in words: what `oracle-ai config` prints, and `docs/configuration.md` and `.env.example`
//! are made of.
//!
//! A variable that is not here stops the start where `.env` sets it.

mod chat;
mod guard;
mod provider;
mod server;
mod traces;

use super::secret_files::SECRET_FILES;

/// Variables that belong together.
pub struct Section {
    pub title: &'static str,
    /// May be empty.
    pub text: &'static str,
    pub settings: &'static [Setting],
}

/// One variable.
pub struct Setting {
    pub name: &'static str,
    /// A value to copy; empty where none is fit for copying.
    pub example: &'static str,
    /// What holds where it is not set, as a value or in words; empty where that is nothing.
    pub default: &'static str,
    pub text: &'static str,
}

/// In the order in which people need them.
pub const SECTIONS: &[Section] = &[
    provider::PROVIDER,
    provider::LOGOUT,
    provider::ID_TOKENS,
    guard::GUARD,
    chat::UPSTREAM,
    chat::CONVERSATIONS,
    server::SESSIONS,
    server::SERVER,
    traces::TRACES,
    server::MOCKS,
];

/// Set by `dx serve`, which listens there for us and passes requests on to `PORT`. Nobody else's to set.
pub(super) const DEV_SERVER_PORT: &str = "DIOXUS_DEVSERVER_PORT";

const WIDTH: usize = 118;

/// The name of every variable that is ours.
pub fn names() -> impl Iterator<Item = &'static str> {
    let settings = SECTIONS.iter().flat_map(|section| section.settings);
    let files = SECRET_FILES.iter().map(|(_, file)| *file);
    settings.map(|setting| setting.name).chain(files).chain([DEV_SERVER_PORT])
}

/// Of the settings that name a file, for all of them in one place.
fn secret_files(shown: impl Fn(&str) -> String) -> String {
    let files: Vec<_> = SECRET_FILES.iter().map(|(_, file)| shown(file)).collect();
    format!(
        "A setting that is a secret, or may hold one, can be read from a file in its place, such as systemd's \
         LoadCredential= or a container platform hands over: {}. Each names a file with the value on one line, which is \
         read at the start.",
        files.join(", ")
    )
}

/// `.env.example`: every variable, commented out.
pub fn env_example() -> String {
    let mut text = wrapped(
        "Copy to .env and uncomment what you need; for development that is nothing. A variable of the environment wins \
         over this file, and a name that is not listed here stops the start.",
        "# ",
    );
    text += "#\n";
    text += &wrapped(&secret_files(str::to_owned), "# ");
    for section in SECTIONS {
        text += &format!("\n# {}.\n", section.title);
        text += &wrapped(section.text, "# ");
        text += "#\n";
        for setting in section.settings {
            text += &wrapped(&with_default(setting, |default| default.to_owned()), "# ");
            text += &format!("#{}={}\n", setting.name, setting.example);
        }
    }
    text
}

/// `docs/configuration.md`: the same, to be read.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         By environment variables, or by a file `.env` in the working directory; the environment wins. An empty value is \
         none. A wrong value, and a name in `.env` that is not listed here, stops the start with one line that names \
         it.\n\n\
         This page and `.env.example` are what `oracle-ai config` prints; `scripts/docs` writes them anew.\n\n",
    );
    text += &format!("{}\n", secret_files(|file| format!("`{file}`")));
    for section in SECTIONS {
        text += &format!("\n## {}\n\n", section.title);
        if !section.text.is_empty() {
            text += &format!("{}\n\n", section.text);
        }
        for setting in section.settings {
            let words =
                with_default(setting, |default| match default.contains(char::is_lowercase) && default.contains(' ') {
                    true => default.to_owned(),
                    false => format!("`{default}`"),
                });
            text += &format!("- **`{}`**: {words}", setting.name);
            if !setting.example.is_empty() && setting.example != setting.default {
                text += &format!(" Such as `{}`.", setting.example);
            }
            text.push('\n');
        }
    }
    text
}

fn with_default(setting: &Setting, shown: impl Fn(&str) -> String) -> String {
    match setting.default {
        "" => setting.text.to_owned(),
        default => format!("{} Default: {}.", setting.text, shown(default)),
    }
}

/// In lines that begin so and are no wider than [`WIDTH`].
fn wrapped(text: &str, begin: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && begin.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += &format!("{begin}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    match line.is_empty() {
        true => lines,
        false => lines + &format!("{begin}{line}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMEDY: &str = "run scripts/docs";

    #[test]
    fn the_example_file_is_what_the_reference_says() {
        assert!(env_example() == include_str!("../../../../.env.example"), "{REMEDY}");
    }

    #[test]
    fn the_page_is_what_the_reference_says() {
        assert!(markdown() == include_str!("../../../../docs/configuration.md"), "{REMEDY}");
    }

    #[test]
    fn no_variable_is_told_twice_and_none_without_words() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(names().all(|name| seen.insert(name)));
        assert!(SECTIONS.iter().flat_map(|section| section.settings).all(|setting| setting.text.len() > 10));
    }
}
