//! Every text that a program puts into the page, and every literal that comes and goes, is rendered by `text_span`, for the reason
//! that is documented there.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source_files;

/// What an expression among the children of an element may begin with: functions and values that are elements.
const ELEMENTS: [&str; 14] = [
    "text_span",
    "before_send",
    "found_place",
    "render_block",
    "render_inlines",
    "render_inline",
    "render_items",
    "children",
    "header",
    "icon",
    "icon_button",
    "item",
    "items",
    "mark",
];

/// It holds the one text that is not in a `text_span`.
const EXCEPTIONS: [&str; 1] = ["client/ui/components/text_span.rs"];

#[test]
fn every_text_of_the_page_that_may_change_has_an_element_to_itself() {
    let files = source_files().into_iter().filter(|(file, _)| file.starts_with("client/ui/"));
    let (exceptions, files): (Vec<_>, Vec<_>) = files.partition(|(file, _)| EXCEPTIONS.contains(&file.as_str()));
    assert_eq!(exceptions.len(), EXCEPTIONS.len());
    let found: Vec<String> = files
        .iter()
        .flat_map(|(file, text)| bare_texts(text).into_iter().map(move |bare| format!("src/{file}: {bare}")))
        .collect();
    assert!(files.len() > 30 && found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn bare_texts_are_found_and_nothing_else() {
    for (rsx, count) in [
        (r#"p { {messages.copy} }"#, 1),
        (r#"p { class: "quiet", {messages.copy} }"#, 1),
        (r#"p { "{title}." }"#, 1),
        (r#"strong { "a" } {text}"#, 1),
        (r#""at the root" p {}"#, 1),
        (r#"p { if a == b { "c" " " } else if let Some(d) = e { "f" } else { strong { "g" } } }"#, 3),
        (r#"p { for a in b { "c" } }"#, 1),
        (r#"p { class: if a { "b" } else { "c" }, id: if d { "e" } else if f { "g" } else { "h" } }"#, 0),
        (r#"p { "a" em { "b" } " " {text_span(c)} }"#, 0),
        (r#"if a() { {messages.copied} } else { "{b}" }"#, 2),
        (r#"for x in y { li { key: "{x}", {(messages.f)(x)} } }"#, 1),
        (r#"button { onclick: move |_| { a.set(1); }, {label} }"#, 1),
        (r#"div { match a { A => rsx! { p { {b} } }, B => rsx! {} } }"#, 1),
        (r#"p { class: "a {b}", "a literal" }"#, 0),
        (r#"p { {text_span(format!("{a}"))} {children} }"#, 0),
        (r#"Outlet::<Route> {} p { id: if a { "b" }, {render_items(items)} }"#, 0),
        (r#"if over > 0 { p { {text_span(a)} } }"#, 0),
        (r#"p { onclick: move |_| { if a { b() } else { c(format!("{d}")) } } }"#, 0),
    ] {
        let found = bare_texts(&format!("fn f() -> Element {{ rsx! {{ {rsx} }} }}"));
        assert_eq!(found.len(), count, "{rsx}: {found:?}");
    }
}

/// The texts among the children in each `rsx!`.
fn bare_texts(source: &str) -> Vec<String> {
    let mut found = vec![];
    find_rsx(source.parse().unwrap(), &mut found);
    found
}

fn find_rsx(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            match &tokens[..at] {
                [.., TokenTree::Ident(name), TokenTree::Punct(_)] if name == "rsx" => {
                    check(group.stream(), true, found)
                }
                _ => find_rsx(group.stream(), found),
            }
        }
    }
}

/// Checks what is directly in an element, or in a block of code in it. What is at the root of a component, an `if` or a `for`
/// comes and goes, literals included.
fn check(tokens: TokenStream, is_root: bool, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let is_child = match tokens[..at].last() {
            None => true,
            Some(TokenTree::Literal(before)) => before.to_string().starts_with('"'),
            Some(TokenTree::Punct(before)) => before.as_char() == ',',
            Some(TokenTree::Group(before)) => before.delimiter() == Delimiter::Brace,
            Some(TokenTree::Ident(_)) => false,
        };
        match token {
            TokenTree::Literal(text) if is_child && (is_root || text.to_string().replace("{{", "").contains('{')) => {
                found.push(text.to_string());
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if !is_child {
                    check(group.stream(), is_conditional(&tokens[..at]), found);
                } else if !is_element(group.stream()) {
                    found.push(group.to_string());
                }
            }
            TokenTree::Group(group) => find_rsx(group.stream(), found),
            _ => {}
        }
    }
}

/// Whether the block after these tokens is one of an `if` or of a `for`, and not of an attribute's value.
fn is_conditional(before: &[TokenTree]) -> bool {
    let is_word = |at: usize, word: &str| matches!(before.get(at), Some(TokenTree::Ident(ident)) if ident == word);
    let ends_child = |at: &usize| match &before[*at] {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !is_word(at + 1, "else"),
        TokenTree::Punct(punct) => punct.as_char() == ',',
        TokenTree::Literal(text) => text.to_string().starts_with('"'),
        TokenTree::Ident(_) => false,
    };
    let begin = (0..before.len()).rev().find(ends_child).map_or(0, |at| at + 1);
    is_word(begin, "if") || is_word(begin, "for")
}

fn is_element(expression: TokenStream) -> bool {
    let first = expression.into_iter().next();
    first.is_some_and(|token| ELEMENTS.contains(&token.to_string().as_str()))
}
