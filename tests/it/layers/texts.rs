//! Every text that a program puts into the page is rendered by `text_span`, for the reason that is documented there.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source_files;

/// What an expression among the children of an element may begin with: functions and values that are elements.
const ELEMENTS: [&str; 10] = [
    "text_span",
    "render_block",
    "render_inlines",
    "render_inline",
    "render_items",
    "children",
    "header",
    "icon",
    "item",
    "items",
];

/// It holds the one text that is not in a `text_span`.
const EXCEPTIONS: [&str; 1] = ["client/ui/components/text_span.rs"];

#[test]
fn every_text_of_the_page_that_is_not_a_literal_has_an_element_to_itself() {
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
                [.., TokenTree::Ident(name), TokenTree::Punct(_)] if name == "rsx" => check(group.stream(), found),
                _ => find_rsx(group.stream(), found),
            }
        }
    }
}

/// Checks what is directly in an element, or in a block of code in it.
fn check(tokens: TokenStream, found: &mut Vec<String>) {
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
            TokenTree::Literal(text) if is_child && text.to_string().replace("{{", "").contains('{') => {
                found.push(text.to_string());
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if !is_child {
                    check(group.stream(), found);
                } else if !is_element(group.stream()) {
                    found.push(group.to_string());
                }
            }
            TokenTree::Group(group) => find_rsx(group.stream(), found),
            _ => {}
        }
    }
}

fn is_element(expression: TokenStream) -> bool {
    let first = expression.into_iter().next();
    first.is_some_and(|token| ELEMENTS.contains(&token.to_string().as_str()))
}
