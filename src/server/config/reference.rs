//! The documentation of all settings: what `oracle-ai config` prints, and `docs/configuration.md` and `.env.example`
//! consist of.

use super::{
    chat, conversations, guard, id_tokens, logout, mocks, outbound, page, provider, server, sessions,
    setting::{AnySetting, Section},
    step_up, traces, user_token,
};

/// In the order in which operators need them.
static SECTIONS: [&Section; 14] = [
    &provider::SECTION,
    &logout::SECTION,
    &id_tokens::SECTION,
    &guard::SECTION,
    &step_up::SECTION,
    &chat::SECTION,
    &user_token::SECTION,
    &page::SECTION,
    &conversations::SECTION,
    &sessions::SECTION,
    &outbound::SECTION,
    &server::SECTION,
    &traces::SECTION,
    &mocks::SECTION,
];

const WIDTH: usize = 118;

/// The name of every variable that the server knows. Any other stops the start if `.env` sets it.
pub fn names() -> impl Iterator<Item = &'static str> {
    let files = secret_files().map(|(_, file)| file);
    settings().map(AnySetting::name).chain(files).chain([server::DIOXUS_DEVSERVER_PORT.name])
}

/// Each setting that may hold a secret, and the variable that can name a file with it instead.
pub(super) fn secret_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    settings().filter_map(|setting| Some((setting.name(), setting.secret_file()?)))
}

/// Which program it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// With the mocks.
    Development,
    /// Without them.
    Production,
}

impl Build {
    pub const THIS: Self = if cfg!(feature = "mock") { Self::Development } else { Self::Production };
}

/// `.env.example`: every setting, commented out.
pub fn env_example(build: Build) -> String {
    let needed = match build {
        Build::Development => "Copy to .env and uncomment what you need; for development that is nothing.",
        Build::Production => "Uncomment what you need: OIDC_ISSUER, CLIENT_ID and CLIENT_SECRET at least.",
    };
    let rules = "A variable of the environment wins over .env, and a name in .env that is not listed here stops the start. \
                 Where systemd or a container platform reads this file, its lines are variables of the environment: there a \
                 name that resembles one of these is logged, and `oracle-ai doctor --file` checks the file as .env is \
                 checked. A $ stands for itself.";
    let mut text = wrapped(&format!("{needed} {rules}"), "# ");
    text += "#\n";
    text += &wrapped(&about_secret_files(str::to_owned), "# ");
    let is_of_build = |section: &&Section| build == Build::Development || !std::ptr::eq(*section, &mocks::SECTION);
    for section in SECTIONS.into_iter().filter(is_of_build) {
        text += &format!("\n# {}.\n", section.title);
        text += &wrapped(section.text, "# ");
        text += "#\n";
        for setting in section.settings {
            text += &wrapped(&description(*setting, str::to_owned), "# ");
            text += &format!("#{}={}\n", setting.name(), setting.example());
        }
    }
    text
}

/// `docs/configuration.md`: the same as a page.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         By environment variables, or by a file `.env` in the working directory; the environment wins. An empty value is \
         none. A wrong value, and a name in `.env` that is not listed here, stops the start with one line that names \
         it. A variable of the environment that is not listed here and resembles a name that is, as a misspelt one does, \
         is logged at each start, and the doctor reports it.\n\n\
         A line of the file is `NAME=value`, as in systemd's `EnvironmentFile=`. A value with a space, a quote or a `#` is in \
         quotes; `$` stands for itself. `oracle-ai doctor --file FILE` reads FILE in place of `.env`.\n\n\
         This page and `.env.example` are what `oracle-ai config` prints; `scripts/docs` writes them anew.\n\n",
    );
    text += &format!("{}\n", about_secret_files(code));
    for section in SECTIONS {
        text += &format!("\n## {}\n\n", section.title);
        if !section.text.is_empty() {
            text += &format!("{}\n\n", section.text);
        }
        for setting in section.settings {
            text += &format!("- **`{}`**: {}", setting.name(), description(*setting, code));
            let example = setting.example();
            if !example.is_empty() && setting.default().as_deref() != Some(example) {
                text += &format!(" Such as `{example}`.");
            }
            text.push('\n');
        }
    }
    text
}

pub(super) fn settings() -> impl Iterator<Item = &'static dyn AnySetting> {
    SECTIONS.into_iter().flat_map(|section| section.settings).copied()
}

fn about_secret_files(shown: fn(&str) -> String) -> String {
    let files: Vec<_> = secret_files().map(|(_, file)| shown(file)).collect();
    format!(
        "A setting that is a secret, or may hold one, can be read from a file in its place, such as systemd's \
         LoadCredential= or a container platform hands over: {}. Each names a file with the value on one line, which is \
         read at the start.",
        files.join(", ")
    )
}

/// The text, the bounds and the default.
fn description(setting: &dyn AnySetting, shown: fn(&str) -> String) -> String {
    let values = setting.documented_values().map(|values| format!(" Takes {values}."));
    let default = setting.default().map(|default| format!(" Default: {}.", shown(&default)));
    [setting.text(), &values.unwrap_or_default(), &default.unwrap_or_default()].concat()
}

fn code(text: &str) -> String {
    format!("`{text}`")
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
        assert!(env_example(Build::Development) == include_str!("../../../.env.example"), "{REMEDY}");
    }

    #[test]
    fn the_example_file_of_a_program_without_mocks_does_not_speak_of_them() {
        let example = env_example(Build::Production);
        assert!(!example.to_lowercase().contains("mock"), "{example}");
        assert!(example.contains("\n#OIDC_ISSUER=") && !example.contains("for development"));
    }

    #[test]
    fn the_page_is_what_the_reference_says() {
        assert!(markdown() == include_str!("../../../docs/configuration.md"), "{REMEDY}");
    }

    #[test]
    fn every_setting_is_listed_once_and_explained() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(names().all(|name| seen.insert(name)));
        assert!(settings().all(|setting| setting.text().len() > 10));
    }

    #[test]
    fn the_documentation_states_the_bounds_and_the_default_of_a_setting() {
        let settings: Vec<_> = settings().map(|setting| description(setting, code)).collect();
        assert!(settings.iter().any(|it| it.ends_with("Takes a number of seconds from 0 to 3600. Default: `20`.")));
    }
}
