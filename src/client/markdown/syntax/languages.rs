//! The names that Markdown has for languages.

use super::rules::Syntax;

/// Names, the extension of a file, and the syntax in which the language is coloured.
type Language = (&'static [&'static str], &'static str, Option<Syntax>);

const LANGUAGES: [Language; 18] = [
    (&["sql", "plsql", "pl/sql", "pls", "oracle", "sqlplus", "postgresql", "mysql"], "sql", Some(Syntax::Sql)),
    (&["sh", "bash", "shell", "zsh", "ksh", "console", "shellscript"], "sh", Some(Syntax::Shell)),
    (&["python", "py", "python3"], "py", Some(Syntax::Python)),
    (&["json", "jsonc", "json5"], "json", Some(Syntax::Json)),
    (&["yaml", "yml"], "yaml", Some(Syntax::Yaml)),
    (&["xml"], "xml", None),
    (&["html"], "html", None),
    (&["markdown", "md"], "md", None),
    (&["csv"], "csv", None),
    (&["javascript", "js"], "js", None),
    (&["typescript", "ts"], "ts", None),
    (&["java"], "java", None),
    (&["c"], "c", None),
    (&["go"], "go", None),
    (&["rust", "rs"], "rs", None),
    (&["powershell", "ps1"], "ps1", None),
    (&["ini", "properties"], "ini", None),
    (&["toml"], "toml", None),
];

impl Syntax {
    /// By a language's name, in either case.
    pub fn of(language: &str) -> Option<Self> {
        find(language)?.2
    }
}

/// Of a file with code in this language.
pub fn file_extension(language: &str) -> &'static str {
    find(language).map_or("txt", |found| found.1)
}

fn find(language: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|(names, ..)| names.iter().any(|name| language.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_usual_names() {
        for (name, extension, syntax) in [
            ("SQL", "sql", Some(Syntax::Sql)),
            ("plsql", "sql", Some(Syntax::Sql)),
            ("bash", "sh", Some(Syntax::Shell)),
            ("Python", "py", Some(Syntax::Python)),
            ("json", "json", Some(Syntax::Json)),
            ("yml", "yaml", Some(Syntax::Yaml)),
            ("xml", "xml", None),
            ("text", "txt", None),
            ("", "txt", None),
            ("../../x", "txt", None),
        ] {
            assert_eq!((file_extension(name), Syntax::of(name)), (extension, syntax), "{name}");
        }
    }
}
