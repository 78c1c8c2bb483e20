//! Files with settings: `.env`, and what systemd reads as `EnvironmentFile=`. A line `NAME=value` is read alike by both, for
//! values in quotes, too: in particular, a `$` stands for itself.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{reference, variables::ConfigError};

const DOTENV: &str = ".env";

/// Stands for `$` while the library reads the lines, which would take that for the beginning of a variable. A code point that
/// is no character, for such use (Unicode 15, §23.7).
const DOLLAR: &str = "\u{fdd0}";

/// The file `.env` in the working directory or the nearest folder above it.
pub fn dotenv() -> Option<PathBuf> {
    let folder = env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(DOTENV)).find(|file| file.is_file())
}

/// The names and values in the file, in its order. No error repeats a value: it may be a secret.
pub fn read(file: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let unreadable = |cause: String| ConfigError::Unreadable { file: name_of(file), cause };
    let text = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|_| unreadable("it is not text".into()))?;
    parse(&text).map_err(|line| unreadable(wrong_line(&text, &line)))
}

/// As messages name the file.
pub fn name_of(file: &Path) -> String {
    match file.file_name() {
        Some(name) if name == DOTENV => DOTENV.to_owned(),
        _ => file.display().to_string(),
    }
}

/// Fails with the line that can't be read, or its end.
fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.replace('$', DOLLAR);
    let lines = dotenvy::from_read_iter(io::Cursor::new(text));
    lines
        .map(|line| match line {
            Ok((name, value)) => Ok((name, value.replace(DOLLAR, "$"))),
            Err(dotenvy::Error::LineParse(line, _)) => Err(line.replace(DOLLAR, "$")),
            Err(_) => Err(String::new()),
        })
        .collect()
}

fn wrong_line(text: &str, wrong: &str) -> String {
    let begin = wrong.trim().lines().next().unwrap_or_default();
    let found = text.lines().enumerate().find(|(_, line)| !begin.is_empty() && line.contains(begin));
    let Some((index, line)) = found else { return "a line is not NAME=value".into() };
    let name = line.split('=').next().unwrap_or_default().trim();
    let setting = reference::names().find(|known| *known == name).map_or(String::new(), |known| format!(" ({known})"));
    format!(
        "line {}{setting} is not NAME=value, or its value must be in quotes, as for spaces, quotes and #; \
         $ stands for itself, without a backslash",
        index + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        let lines = parse(&format!("A={line}\n")).unwrap_or_else(|wrong| panic!("{wrong}"));
        lines[0].1.clone()
    }

    #[test]
    fn a_dollar_stands_for_itself() {
        for (written, read) in [
            ("pa$word", "pa$word"),
            ("$HOME", "$HOME"),
            ("'pa$word'", "pa$word"),
            ("\"a ${B} c\"", "a ${B} c"),
            ("a$", "a$"),
            ("plain # a comment", "plain"),
            ("'two words'", "two words"),
        ] {
            assert_eq!(value(written), read, "{written}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_without_what_is_in_it() {
        for (text, line) in [
            ("PORT=8080\n\nCLIENT_SECRET=hunter2 hunter3\n", "line 3 (CLIENT_SECRET) "),
            ("CLIENT_SECRET='hunter2\n", "line 1 (CLIENT_SECRET) "),
            ("CLIENT_SECRET=hunter\\$2\n", "line 1 (CLIENT_SECRET) "),
            ("# settings\nhunter2\n", "line 2 is not"),
            ("hunter2 hunter3=4\n", "line 1 is not"),
        ] {
            let wrong = wrong_line(text, &parse(text).unwrap_err());
            assert!(wrong.starts_with(line) && !wrong.contains("hunter"), "{wrong}");
        }
    }
}
