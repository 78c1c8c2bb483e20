//! Tokens of SQL and PL/SQL for syntax highlighting, line by line: a line's tokens depend on the line itself and on the
//! state in which the previous one ended.

/// What is open at the beginning of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Code,
    /// Between `/*` and `*/`.
    Comment,
    /// Between `/*+` and `*/`.
    Hint,
    /// Between `'` and `'`.
    String,
    /// Between `q'[` and `]'`: the closing delimiter.
    Quoted(char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Keyword,
    String,
    Number,
    Comment,
    /// An optimizer hint, which looks like a comment but has an effect.
    Hint,
    /// A bind or substitution variable.
    Variable,
}

/// Whether this is the name of SQL or of one of its dialects.
pub fn is_sql(language: &str) -> bool {
    ["sql", "plsql", "pl/sql", "pls", "oracle", "sqlplus"].iter().any(|name| language.eq_ignore_ascii_case(name))
}

/// The lines of a text, each with the state at its beginning.
pub fn lines(text: &str) -> Vec<(State, &str)> {
    let mut state = State::default();
    let lines = text.split_inclusive('\n').map(|line| {
        let start = state;
        state = tokens(line, start).1;
        (start, line)
    });
    lines.collect()
}

/// The tokens of a line, which together are the line, and the state at the beginning of the next one.
pub fn tokens(line: &str, start: State) -> (Vec<(Kind, &str)>, State) {
    let (mut pieces, mut rest, mut state) = (vec![], line, start);
    while !rest.is_empty() {
        let (kind, length, next) = match state {
            State::Code => in_code(rest),
            State::Comment => until(rest, "*/", Kind::Comment, state),
            State::Hint => until(rest, "*/", Kind::Hint, state),
            State::String => until(rest, "'", Kind::String, state),
            State::Quoted(mark) => until(rest, &format!("{mark}'"), Kind::String, state),
        };
        let (piece, after) = rest.split_at(length);
        match pieces.last_mut() {
            Some((last, _)) if *last == kind && kind == Kind::Plain => {
                // Joined with the plain text before it.
                let at = line.len() - rest.len();
                let before = pieces.pop().map_or(0, |(_, piece): (Kind, &str)| piece.len());
                pieces.push((kind, &line[at - before..at + length]));
            }
            _ => pieces.push((kind, piece)),
        }
        (rest, state) = (after, next);
    }
    (pieces, state)
}

fn until(rest: &str, mark: &str, kind: Kind, inside: State) -> (Kind, usize, State) {
    match rest.find(mark) {
        Some(at) => (kind, at + mark.len(), State::Code),
        None => (kind, rest.len(), inside),
    }
}

/// The next token's kind and length, and the state after it.
fn in_code(rest: &str) -> (Kind, usize, State) {
    let lower: String = rest.chars().take(3).map(|c| c.to_ascii_lowercase()).collect();
    let first = rest.chars().next().unwrap_or_default();
    let span = |from: usize, is_part: fn(char) -> bool| {
        from + rest[from..].find(|c: char| !is_part(c)).unwrap_or(rest.len() - from)
    };
    if rest.starts_with("--") {
        (Kind::Comment, rest.trim_end_matches(['\n', '\r']).len(), State::Code)
    } else if rest.starts_with("/*+") {
        (Kind::Hint, 3, State::Hint)
    } else if rest.starts_with("/*") {
        (Kind::Comment, 2, State::Comment)
    } else if lower.starts_with("q'") && lower.chars().count() == 3 {
        let mark = rest.chars().nth(2).unwrap_or_default();
        (Kind::String, 2 + mark.len_utf8(), State::Quoted(closing_delimiter(mark)))
    } else if first == '\'' {
        (Kind::String, 1, State::String)
    } else if first == '"' {
        (Kind::Plain, rest[1..].find('"').map_or(rest.len(), |at| at + 2), State::Code)
    } else if (first == ':' || first == '&') && rest[1..].starts_with(|c: char| c.is_alphanumeric() || c == '&') {
        (Kind::Variable, span(1, |c| is_word(c) || c == '&'), State::Code)
    } else if first.is_ascii_digit() {
        (Kind::Number, span(0, |c| is_word(c) || c == '.'), State::Code)
    } else if is_word(first) {
        let length = span(0, is_word);
        (if is_keyword(&rest[..length]) { Kind::Keyword } else { Kind::Plain }, length, State::Code)
    } else {
        (Kind::Plain, first.len_utf8(), State::Code)
    }
}

fn closing_delimiter(mark: char) -> char {
    match mark {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        other => other,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_$#".contains(c)
}

fn is_keyword(word: &str) -> bool {
    word.len() <= MAX_KEYWORD_LENGTH && KEYWORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

const MAX_KEYWORD_LENGTH: usize = 12;

/// Sorted, for a binary search.
#[rustfmt::skip]
const KEYWORDS: [&str; 166] = [
    "add", "all", "alter", "analyze", "and", "any", "apply", "as", "asc", "autonomous", "begin", "between", "bulk",
    "by", "call", "cascade", "case", "char", "check", "clob", "close", "collect", "column", "comment", "commit",
    "connect", "constant", "constraint", "create", "cross", "current", "cursor", "cycle", "date", "declare", "default",
    "define", "delete", "desc", "describe", "distinct", "drop", "each", "else", "elsif", "end", "exception", "exec",
    "execute", "exists", "exit", "explain", "false", "fetch", "first", "following", "for", "forall", "foreign", "from",
    "full", "function", "grant", "group", "having", "identified", "if", "immediate", "in", "index", "inner", "insert",
    "instance", "intersect", "interval", "into", "is", "join", "key", "kill", "last", "lateral", "left", "level",
    "like", "limit", "lock", "loop", "materialized", "merge", "minus", "model", "modify", "natural", "next", "not",
    "null", "nulls", "number", "of", "offset", "on", "only", "open", "or", "order", "others", "out", "outer", "over", "package",
    "parallel", "partition", "pivot", "plan", "pragma", "preceding", "primary", "prior", "procedure", "purge", "raise",
    "range", "record", "ref", "references", "rename", "replace", "return", "returning", "revoke", "right", "rollback", "row",
    "rowid", "rownum", "rows", "savepoint", "select", "sequence", "session", "set", "show", "start", "statistics",
    "synonym", "system", "table", "then", "timestamp", "to", "trigger", "true", "truncate", "type", "union", "unique",
    "update", "using", "values", "varchar2", "view", "when", "where", "while", "with",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(line: &str) -> Vec<(Kind, &str)> {
        let tokens = tokens(line, State::Code).0;
        tokens.into_iter().filter(|(kind, _)| *kind != Kind::Plain).collect()
    }

    #[test]
    fn keywords_are_found_in_either_case() {
        assert!(KEYWORDS.is_sorted());
        assert_eq!(KEYWORDS.iter().map(|word| word.len()).max(), Some(MAX_KEYWORD_LENGTH));
        assert_eq!(
            kinds("Select sid FROM v$session where rownum <= 10"),
            [
                (Kind::Keyword, "Select"),
                (Kind::Keyword, "FROM"),
                (Kind::Keyword, "where"),
                (Kind::Keyword, "rownum"),
                (Kind::Number, "10")
            ]
        );
        assert_eq!(kinds("selected_from \"select\" x.begin#"), []);
    }

    #[test]
    fn strings_hints_comments_and_variables_are_distinguished() {
        assert_eq!(
            kinds("/*+ FULL(t) */ /* c */ 'it''s' q'[a'b]' :b1 &&x -- end"),
            [
                (Kind::Hint, "/*+"),
                (Kind::Hint, " FULL(t) */"),
                (Kind::Comment, "/*"),
                (Kind::Comment, " c */"),
                (Kind::String, "'"),
                (Kind::String, "it'"),
                (Kind::String, "'"),
                (Kind::String, "s'"),
                (Kind::String, "q'["),
                (Kind::String, "a'b]'"),
                (Kind::Variable, ":b1"),
                (Kind::Variable, "&&x"),
                (Kind::Comment, "-- end")
            ]
        );
    }

    #[test]
    fn an_open_string_or_comment_continues_on_the_next_line() {
        let states: Vec<State> =
            lines("select 'a\nb' /* c\nd */ q'{x\n}' from\n").iter().map(|(state, _)| *state).collect();
        assert_eq!(states, [State::Code, State::String, State::Comment, State::Quoted('}')]);
    }

    proptest! {
        #[test]
        fn the_tokens_make_up_the_text(text in "[ -~é\n]{0,80}") {
            let pieces = lines(&text).into_iter().flat_map(|(state, line)| tokens(line, state).0);
            prop_assert_eq!(pieces.map(|(_, piece)| piece).collect::<String>(), text);
        }
    }
}
