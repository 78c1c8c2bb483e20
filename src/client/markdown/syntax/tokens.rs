//! The tokens of code, line by line: a line's tokens depend on the line itself and on the state in which the previous one
//! ended.

use super::rules::{Quotes, Syntax};

/// What is open at the beginning of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Code,
    /// Between `/*` and `*/`.
    Comment,
    /// Between `/*+` and `*/`.
    Hint,
    String(&'static Quotes),
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
    /// A bind or substitution variable, one of a shell, a decorator, an anchor.
    Variable,
    /// Of a member, before its value.
    Name,
}

/// The kind and the length of a token, and the state after it.
type Token = (Kind, usize, State);

/// The lines of a text, each with the state at its beginning.
pub fn lines(text: &str, syntax: Syntax) -> Vec<(State, &str)> {
    let mut state = State::default();
    let lines = text.split_inclusive('\n').map(|line| {
        let start = state;
        state = tokens(line, syntax, start).1;
        (start, line)
    });
    lines.collect()
}

/// The tokens of a line, which together are the line, and the state at the beginning of the next one.
pub fn tokens(line: &str, syntax: Syntax, start: State) -> (Vec<(Kind, &str)>, State) {
    let (mut pieces, mut at, mut state) = (vec![], 0, start);
    // Where the last piece begins.
    let mut last = 0;
    while at < line.len() {
        let rest = &line[at..];
        let (kind, length, next) = match state {
            State::Code => in_code(syntax, line[..at].chars().next_back(), rest),
            State::Comment => until(rest, 0, "*/", Kind::Comment, state),
            State::Hint => until(rest, 0, "*/", Kind::Hint, state),
            State::String(quotes) => string(rest, 0, quotes),
            State::Quoted(mark) => quoted(rest, 0, mark),
        };
        match pieces.last_mut() {
            // Joined with the plain text before it.
            Some((Kind::Plain, piece)) if kind == Kind::Plain => *piece = &line[last..at + length],
            _ => {
                last = at;
                pieces.push((kind, &rest[..length]));
            }
        }
        at += length;
        state = next;
    }
    (pieces, state)
}

/// A token that begins with `from` bytes, and ends after a mark or goes on in the next line.
fn until(rest: &str, from: usize, mark: &str, kind: Kind, inside: State) -> Token {
    match rest[from..].find(mark) {
        Some(at) => (kind, from + at + mark.len(), State::Code),
        None => (kind, rest.len(), inside),
    }
}

fn quoted(rest: &str, from: usize, mark: char) -> Token {
    let mut end = String::from(mark);
    end.push('\'');
    until(rest, from, &end, Kind::String, State::Quoted(mark))
}

fn string(rest: &str, from: usize, quotes: &'static Quotes) -> Token {
    let mut letters = rest[from..].char_indices();
    while let Some((at, letter)) = letters.next() {
        if quotes.has_escapes && letter == '\\' {
            letters.next();
        } else if rest[from + at..].starts_with(quotes.mark) {
            return (Kind::String, from + at + quotes.mark.len(), State::Code);
        }
    }
    let after = if quotes.spans_lines { State::String(quotes) } else { State::Code };
    (Kind::String, rest.len(), after)
}

fn in_code(syntax: Syntax, before: Option<char>, rest: &str) -> Token {
    let first = rest.chars().next().unwrap_or_default();
    if let Some(token) = (syntax == Syntax::Sql).then(|| only_in_sql(rest)).flatten() {
        return token;
    }
    // In these, a `#` within a word is part of it.
    let may_begin_comment =
        !matches!(syntax, Syntax::Shell | Syntax::Yaml) || before.is_none_or(|before| before.is_whitespace());
    if may_begin_comment && rest.starts_with(syntax.comment()) {
        return (Kind::Comment, rest.trim_end_matches(['\n', '\r']).len(), State::Code);
    }
    if let Some(quotes) = syntax.quotes().iter().find(|quotes| rest.starts_with(quotes.mark)) {
        let (kind, length, state) = string(rest, quotes.mark.len(), quotes);
        return (name_or(kind, syntax, &rest[length..]), length, state);
    }
    if syntax.variable_marks().contains(&first) {
        return variable(syntax, rest);
    }
    if first.is_ascii_digit() {
        let end = rest.find(|c: char| !is_word(syntax, c) && c != '.').unwrap_or(rest.len());
        return (name_or(Kind::Number, syntax, &rest[end..]), end, State::Code);
    }
    if first.is_alphabetic() || first == '_' {
        let length = length_of_word(syntax, rest);
        let kind = if syntax.is_keyword(&rest[..length]) { Kind::Keyword } else { Kind::Plain };
        return (name_or(kind, syntax, &rest[length..]), length, State::Code);
    }
    (Kind::Plain, first.len_utf8(), State::Code)
}

/// Hints and other comments, `q'[…]'`, and names in quotes.
fn only_in_sql(rest: &str) -> Option<Token> {
    let mut letters = rest.chars();
    let (first, second, third) = (letters.next()?, letters.next(), letters.next());
    match (first, second, third) {
        ('/', Some('*'), Some('+')) => Some(until(rest, 3, "*/", Kind::Hint, State::Hint)),
        ('/', Some('*'), _) => Some(until(rest, 2, "*/", Kind::Comment, State::Comment)),
        ('q' | 'Q', Some('\''), Some(mark)) => Some(quoted(rest, 2 + mark.len_utf8(), closing_delimiter(mark))),
        ('"', ..) => Some((Kind::Plain, rest[1..].find('"').map_or(rest.len(), |at| at + 2), State::Code)),
        _ => None,
    }
}

/// `:b1`, `&&name`, `$HOME`, `${HOME}`, `@property`; or the mark alone, as plain text.
fn variable(syntax: Syntax, rest: &str) -> Token {
    let name = rest[1..].trim_start_matches('&');
    let marks = rest.len() - name.len();
    let length = match name.chars().next() {
        Some('{') if syntax == Syntax::Shell => name.find('}').map_or(0, |end| end + 1),
        Some(first) if first.is_alphanumeric() || first == '_' => length_of_word(syntax, name),
        _ => 0,
    };
    match length {
        0 => (Kind::Plain, 1, State::Code),
        length => (Kind::Variable, marks + length, State::Code),
    }
}

/// The kind of what stands before `after`: that of a name, if a value follows.
fn name_or(kind: Kind, syntax: Syntax, after: &str) -> Kind {
    let follows = match syntax {
        Syntax::Json => after.trim_start().starts_with(':'),
        Syntax::Yaml => {
            after.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        }
        _ => false,
    };
    if follows { Kind::Name } else { kind }
}

fn length_of_word(syntax: Syntax, rest: &str) -> usize {
    rest.find(|c: char| !is_word(syntax, c)).unwrap_or(rest.len())
}

fn is_word(syntax: Syntax, c: char) -> bool {
    c.is_alphanumeric() || c == '_' || syntax.word_marks().contains(c)
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

#[cfg(test)]
mod tests;
