//! What code in each syntax is made of.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// With PL/SQL and the commands of SQL*Plus.
    Sql,
    Shell,
    Python,
    Json,
    Yaml,
}

/// A string, by the marks around it.
#[derive(Debug, PartialEq, Eq)]
pub struct Quotes {
    pub mark: &'static str,
    /// Whether a backslash takes the next character out of its meaning.
    pub has_escapes: bool,
    /// Whether it may go on in the next line.
    pub spans_lines: bool,
}

const fn quotes(mark: &'static str, has_escapes: bool, spans_lines: bool) -> Quotes {
    Quotes { mark, has_escapes, spans_lines }
}

impl Syntax {
    /// What begins a comment that ends with its line.
    pub fn comment(self) -> &'static str {
        match self {
            Self::Sql => "--",
            Self::Shell | Self::Python | Self::Yaml => "#",
            Self::Json => "//",
        }
    }

    /// The first that fits counts.
    pub fn quotes(self) -> &'static [Quotes] {
        match self {
            Self::Sql => const { &[quotes("'", false, true)] },
            Self::Shell => const { &[quotes("'", false, true), quotes("\"", true, true)] },
            Self::Python => {
                const {
                    &[
                        quotes("\"\"\"", true, true),
                        quotes("'''", true, true),
                        quotes("\"", true, false),
                        quotes("'", true, false),
                    ]
                }
            }
            Self::Json => const { &[quotes("\"", true, false)] },
            Self::Yaml => const { &[quotes("\"", true, false), quotes("'", false, false)] },
        }
    }

    /// What begins the name of a variable, a decorator or an anchor.
    pub fn variable_marks(self) -> &'static [char] {
        match self {
            Self::Sql => &[':', '&'],
            Self::Shell => &['$'],
            Self::Python => &['@'],
            Self::Yaml => &['&', '*'],
            Self::Json => &[],
        }
    }

    /// Besides letters, digits and `_`.
    pub fn word_marks(self) -> &'static str {
        match self {
            Self::Sql => "$#",
            Self::Yaml => "-./",
            Self::Shell => "-",
            Self::Python | Self::Json => "",
        }
    }

    pub fn is_keyword(self, word: &str) -> bool {
        let words = self.keywords();
        match self {
            Self::Sql => {
                word.len() <= MAX_SQL_LENGTH && words.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
            }
            _ => words.binary_search(&word).is_ok(),
        }
    }

    /// Sorted, for a binary search. Those of SQL in lower case.
    fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Sql => SQL,
            Self::Shell => SHELL,
            Self::Python => PYTHON,
            Self::Json => &["false", "null", "true"],
            Self::Yaml => &["false", "no", "null", "off", "on", "true", "yes"],
        }
    }
}

/// Of the longest keyword of SQL.
const MAX_SQL_LENGTH: usize = 12;

#[rustfmt::skip]
const SQL: &[&str] = &[
    "add", "all", "alter", "analyze", "and", "any", "apply", "as", "asc", "autonomous", "begin", "between", "body", "boolean",
    "bulk",
    "by", "call", "cascade", "case", "char", "check", "clob", "close", "collect", "column", "comment", "commit",
    "connect", "constant", "constraint", "create", "cross", "current", "cursor", "cycle", "date", "declare", "default",
    "define", "delete", "desc", "describe", "distinct", "drop", "each", "else", "elsif", "end", "exception", "exec",
    "execute", "exists", "exit", "explain", "false", "fetch", "first", "following", "for", "forall", "foreign", "from",
    "full", "function", "goto", "grant", "group", "having", "identified", "if", "immediate", "in", "index", "inner", "insert",
    "instance", "integer", "intersect", "interval", "into", "is", "join", "key", "kill", "last", "lateral", "left", "level",
    "like", "limit", "lock", "loop", "materialized", "merge", "minus", "model", "modify", "natural", "next", "not",
    "null", "nulls", "number", "of", "offset", "on", "only", "open", "or", "order", "others", "out", "outer", "over", "package",
    "parallel", "partition", "pivot", "plan", "pragma", "preceding", "primary", "prior", "procedure", "purge", "raise",
    "range", "record", "ref", "references", "rename", "replace", "return", "returning", "revoke", "right", "rollback", "row",
    "rowid", "rownum", "rows", "savepoint", "select", "sequence", "session", "set", "show", "start", "statistics",
    "synonym", "system", "table", "then", "timestamp", "to", "trigger", "true", "truncate", "type", "union", "unique",
    "update", "using", "values", "varchar", "varchar2", "view", "when", "where", "while", "with",
];

#[rustfmt::skip]
const SHELL: &[&str] = &[
    "alias", "break", "case", "cat", "cd", "continue", "do", "done", "echo", "elif", "else", "esac", "eval", "exec",
    "exit", "export", "fi", "for", "function", "grep", "if", "in", "local", "read", "return", "select", "set", "shift",
    "source", "sudo", "test", "then", "trap", "unset", "until", "while",
];

#[rustfmt::skip]
const PYTHON: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
    "pass", "raise", "return", "try", "while", "with", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        for syntax in [Syntax::Sql, Syntax::Shell, Syntax::Python, Syntax::Json, Syntax::Yaml] {
            assert!(syntax.keywords().is_sorted(), "{syntax:?}");
        }
        assert_eq!(SQL.iter().map(|word| word.len()).max(), Some(MAX_SQL_LENGTH));
        assert!(Syntax::Sql.is_keyword("Select") && !Syntax::Python.is_keyword("Import"));
    }
}
