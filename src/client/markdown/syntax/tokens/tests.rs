use proptest::prelude::*;

use super::*;

const ALL: [Syntax; 5] = [Syntax::Sql, Syntax::Shell, Syntax::Python, Syntax::Json, Syntax::Yaml];

/// The tokens of a text that are not plain.
fn kinds(syntax: Syntax, text: &str) -> Vec<(Kind, &str)> {
    let tokens = lines(text, syntax).into_iter().flat_map(|(state, line)| tokens(line, syntax, state).0);
    tokens.filter(|(kind, _)| *kind != Kind::Plain).collect()
}

#[test]
fn keywords_of_sql_are_found_in_either_case() {
    assert_eq!(
        kinds(Syntax::Sql, "Select sid FROM v$session where rownum <= 10"),
        [
            (Kind::Keyword, "Select"),
            (Kind::Keyword, "FROM"),
            (Kind::Keyword, "where"),
            (Kind::Keyword, "rownum"),
            (Kind::Number, "10")
        ]
    );
    assert_eq!(kinds(Syntax::Sql, "selected_from \"select\" x.begin#"), []);
}

#[test]
fn strings_hints_comments_and_variables_of_sql_are_distinguished() {
    assert_eq!(
        kinds(Syntax::Sql, "/*+ FULL(t) */ /* c */ 'it''s' q'[a'b]' :b1 &&x := -- end"),
        [
            (Kind::Hint, "/*+ FULL(t) */"),
            (Kind::Comment, "/* c */"),
            (Kind::String, "'it'"),
            (Kind::String, "'s'"),
            (Kind::String, "q'[a'b]'"),
            (Kind::Variable, ":b1"),
            (Kind::Variable, "&&x"),
            (Kind::Comment, "-- end")
        ]
    );
}

#[test]
fn an_open_string_or_comment_continues_on_the_next_line() {
    let text = "select 'a\nb' /* c\nd */ q'{x\n}' from\n";
    let states: Vec<State> = lines(text, Syntax::Sql).iter().map(|(state, _)| *state).collect();
    let quotes = &Syntax::Sql.quotes()[0];
    assert_eq!(states, [State::Code, State::String(quotes), State::Comment, State::Quoted('}')]);
    assert_eq!(
        kinds(Syntax::Python, "a = '''x\n'y'\n''' # z\nb = 'open\nif"),
        [
            (Kind::String, "'''x\n"),
            (Kind::String, "'y'\n"),
            (Kind::String, "'''"),
            (Kind::Comment, "# z"),
            (Kind::String, "'open\n"),
            (Kind::Keyword, "if"),
        ]
    );
}

#[test]
fn a_shell_has_variables_and_comments_after_white_space() {
    assert_eq!(
        kinds(Syntax::Shell, "for f in a#b \"$x \\\" y\" '$1'; do echo $HOME ${f}_1 $? -n # each\n"),
        [
            (Kind::Keyword, "for"),
            (Kind::Keyword, "in"),
            (Kind::String, "\"$x \\\" y\""),
            (Kind::String, "'$1'"),
            (Kind::Keyword, "do"),
            (Kind::Keyword, "echo"),
            (Kind::Variable, "$HOME"),
            (Kind::Variable, "${f}"),
            (Kind::Comment, "# each"),
        ]
    );
}

#[test]
fn python_has_decorators_and_escapes() {
    assert_eq!(
        kinds(Syntax::Python, "@cache\ndef f(x): return f'a\\'b' + \"c\" if x else 1.5e3  # d"),
        [
            (Kind::Variable, "@cache"),
            (Kind::Keyword, "def"),
            (Kind::Keyword, "return"),
            (Kind::String, "'a\\'b'"),
            (Kind::String, "\"c\""),
            (Kind::Keyword, "if"),
            (Kind::Keyword, "else"),
            (Kind::Number, "1.5e3"),
            (Kind::Comment, "# d"),
        ]
    );
}

#[test]
fn the_names_of_members_differ_from_their_values() {
    assert_eq!(
        kinds(Syntax::Json, "{\"a\\\"b\" : [\"c\", -1.5, true, null]}"),
        [
            (Kind::Name, "\"a\\\"b\""),
            (Kind::String, "\"c\""),
            (Kind::Number, "1.5"),
            (Kind::Keyword, "true"),
            (Kind::Keyword, "null"),
        ]
    );
    assert_eq!(
        kinds(Syntax::Yaml, "api-version: v1 # x\n\"b\": yes\nurl: http://a.example/#c\nd: &e 2026-01-02\nf: *e\n"),
        [
            (Kind::Name, "api-version"),
            (Kind::Comment, "# x"),
            (Kind::Name, "\"b\""),
            (Kind::Keyword, "yes"),
            (Kind::Name, "url"),
            (Kind::Name, "d"),
            (Kind::Variable, "&e"),
            (Kind::Number, "2026-01-02"),
            (Kind::Name, "f"),
            (Kind::Variable, "*e"),
        ]
    );
}

proptest! {
    #[test]
    fn the_tokens_make_up_the_text(text in "[ -~é\n\"'#$:]{0,80}") {
        for syntax in ALL {
            let pieces = lines(&text, syntax).into_iter().flat_map(|(state, line)| tokens(line, syntax, state).0);
            prop_assert_eq!(pieces.map(|(_, piece)| piece).collect::<String>(), text.as_str(), "{:?}", syntax);
        }
    }
}
