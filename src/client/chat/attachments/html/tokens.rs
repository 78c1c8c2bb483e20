//! Tags and texts of an HTML document, without those that are not shown.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser};

#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    Text(Cow<'a, str>),
    Open {
        /// In lower case, and cut to what any known tag has.
        name: &'a str,
        colspan: usize,
    },
    Close(&'a str),
}

/// Elements whose text is not shown.
const HIDDEN: [&str; 6] = ["script", "style", "title", "template", "svg", "noscript"];

/// Tags that mean something to the reader; all others are left out.
const KNOWN: [&str; 45] = [
    "address",
    "article",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
    "script",
    "style",
    "title",
    "template",
    "svg",
    "noscript",
    "head",
    "html",
];

/// Longest reference to a character, such as `&CounterClockwiseContourIntegral;`.
const MAX_REFERENCE: usize = 40;

pub struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub fn new(html: &'a str) -> Self {
        Self { rest: html }
    }

    /// The tag at the start of what is left; `None` where there is none.
    fn tag(&mut self) -> Option<Option<Token<'a>>> {
        let after = self.rest.strip_prefix('<')?;
        if let Some(comment) = after.strip_prefix("!--") {
            self.rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            return Some(None);
        }
        let is_close = after.starts_with('/');
        let named = after.strip_prefix('/').unwrap_or(after);
        if !named.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
            return None;
        }
        let (tag, rest) = named.split_at(end_of_tag(named));
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let Some(name) = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else { return Some(None) };
        if is_close {
            return Some(Some(Token::Close(name)));
        }
        if HIDDEN.contains(&name) && !tag.ends_with('/') {
            self.rest = after_element(self.rest, name);
            return Some(None);
        }
        Some(Some(Token::Open { name, colspan: colspan(tag) }))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            match self.tag() {
                Some(Some(token)) => return Some(token),
                Some(None) => {}
                None => {
                    // A `<` that begins no tag is text.
                    let first = self.rest.chars().next().map_or(0, char::len_utf8);
                    let end = self.rest[first..].find('<').map_or(self.rest.len(), |end| first + end);
                    let (text, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    return Some(Token::Text(decoded(text)));
                }
            }
        }
        None
    }
}

/// A `>` within quotes does not end a tag.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') if tag[..at].trim_end().ends_with('=') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return rest.split_once('>').map_or("", |(_, rest)| rest);
        }
    }
    ""
}

fn colspan(tag: &str) -> usize {
    let lower = tag.to_ascii_lowercase();
    let value = lower.split_once("colspan").map(|(_, value)| value.trim_start_matches([' ', '=', '"', '\'']));
    let digits = value.map(|value| value.chars().take_while(char::is_ascii_digit).collect::<String>());
    // More columns than a table can be read with are a mistake.
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(1).clamp(1, 100)
}

/// With the characters that references such as `&lt;` stand for.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.char_indices().take(MAX_REFERENCE).find(|(_, c)| *c == ';').map(|(end, _)| end);
        match end.and_then(|end| Some((character(&rest[..=end])?, end))) {
            Some((character, end)) => {
                decoded.push_str(&character);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    Cow::Owned(decoded + rest)
}

/// `None` for a name that is none of HTML's.
fn character(reference: &str) -> Option<Cow<'static, str>> {
    let name = reference.get(1..reference.len() - 1)?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        },
        None => return named(name, reference),
    };
    let character = char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{FFFD}');
    Some(if character == '\u{a0}' { Cow::Borrowed(" ") } else { Cow::Owned(character.into()) })
}

fn named(name: &str, reference: &str) -> Option<Cow<'static, str>> {
    match name {
        "nbsp" => Some(Cow::Borrowed(" ")),
        "lt" => Some(Cow::Borrowed("<")),
        "gt" => Some(Cow::Borrowed(">")),
        "amp" => Some(Cow::Borrowed("&")),
        "quot" => Some(Cow::Borrowed("\"")),
        _ if name.chars().all(|c| c.is_ascii_alphanumeric()) => {
            // Markdown has the same names, and their table is in the page already.
            let mut texts = Parser::new(reference).filter_map(|event| match event {
                Event::Text(text) => Some(text.to_string()),
                _ => None,
            });
            texts.next().filter(|text| !text.starts_with('&')).map(Cow::Owned)
        }
        _ => None,
    }
}
