//! Finds the paths in Rust source that start at the crate's root. No parser, but it knows comments, texts, nested
//! imports, attributes, function bodies and doors.

/// A path that begins at the crate's root.
#[derive(Debug)]
pub struct RootPath {
    /// Its first segment, or `*` for whatever reaches all of them.
    pub room: String,
    pub place: Place,
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Or before the name of a `door!`, which is made an attribute.
    Attribute,
    FunctionBody,
    /// In a `door!`, outside of both.
    Door,
    Elsewhere,
}

/// A word or a single other character, with its line.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// `depth` tells how many modules the file is below the root: so many `super` lead there.
pub fn paths_to_rooms(source: &str, depth: usize) -> Vec<RootPath> {
    let tokens = tokens(source);
    let places = places(&tokens);
    let mut paths = vec![];
    for (at, &place) in places.iter().enumerate() {
        let Some(next) = after_root(&tokens, at, depth) else { continue };
        let segments = first_segments(&tokens, next).into_iter();
        paths.extend(segments.map(|(room, line)| RootPath { room, place, line }));
    }
    paths
}

/// Where a path goes on that leads to the root and begins at `at`: after `crate::`, our own name, or enough `super::`.
fn after_root(tokens: &[Token], at: usize, depth: usize) -> Option<usize> {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let path_goes_on = |at: usize| word(at) == ":" && word(at + 1) == ":";
    match word(at) {
        "crate" | "oracle_ai" if path_goes_on(at + 1) => Some(at + 3),
        "super" if at < 2 || !(path_goes_on(at - 2) && word(at.wrapping_sub(3)) == "super") => {
            let climbs = (0..).take_while(|n| word(at + 3 * n) == "super" && path_goes_on(at + 3 * n + 1)).count();
            (climbs >= depth).then_some(at + 3 * climbs)
        }
        _ => None,
    }
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c::{d, e}}`; `*` of a glob or of the root itself.
fn first_segments(tokens: &[Token], at: usize) -> Vec<(String, usize)> {
    let Some(first) = tokens.get(at) else { return vec![] };
    if first.text != "{" {
        return vec![(segment(&first.text), first.line)];
    }
    let (mut segments, mut nesting, mut is_first) = (vec![], 0, false);
    for token in &tokens[at..] {
        match token.text.as_str() {
            "{" => {
                nesting += 1;
                is_first = nesting == 1;
            }
            "}" => nesting -= 1,
            "," => is_first = nesting == 1,
            text => {
                if is_first {
                    segments.push((segment(text), token.line));
                }
                is_first = false;
            }
        }
        if nesting == 0 {
            break;
        }
    }
    segments
}

fn segment(text: &str) -> String {
    match text {
        "self" => "*".to_owned(),
        name => name.trim_start_matches("r#").to_owned(),
    }
}

/// The place of every token, by the brackets around it.
fn places(tokens: &[Token]) -> Vec<Place> {
    let mut around: Vec<Place> = vec![];
    // Whether a `fn` came since the last item ended: then the next brace opens its body.
    let mut in_signature = false;
    let mut places = vec![];
    for (at, token) in tokens.iter().enumerate() {
        let place = around.last().copied().unwrap_or(Place::Elsewhere);
        places.push(place);
        let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at].text.as_str());
        match token.text.as_str() {
            "[" if before(1) == "#" || (before(1) == "!" && before(2) == "#") => around.push(Place::Attribute),
            "(" if place == Place::Door && matches!(before(1), "get" | "post") => around.push(Place::Attribute),
            "{" if before(1) == "!" && before(2) == "door" => around.push(Place::Door),
            "{" if in_signature => {
                around.push(Place::FunctionBody);
                in_signature = false;
            }
            "(" | "[" | "{" => around.push(place),
            ")" | "]" | "}" => drop(around.pop()),
            "fn" => in_signature = true,
            ";" => in_signature = false,
            _ => {}
        }
    }
    places
}

/// Without comments; a text or a character is one token that can be nothing else.
fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = vec![];
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let (length, text) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if rest.starts_with("/*") => (block_comment(rest), None),
            '"' => (text_literal(rest, 0), Some("\"")),
            'r' if raw_hashes(rest).is_some() => (raw_text_literal(rest), Some("\"")),
            '\'' => (character_or_lifetime(rest), Some("'")),
            _ if is_word(first) => {
                let raw = if rest.starts_with("r#") { 2 } else { 0 };
                let end = rest[raw..].find(|letter| !is_word(letter)).map_or(rest.len(), |end| raw + end);
                (end, Some(&rest[..end]))
            }
            _ if first.is_whitespace() => (first.len_utf8(), None),
            _ => (first.len_utf8(), Some(&rest[..first.len_utf8()])),
        };
        tokens.extend(text.map(|text| Token { text: text.to_owned(), line }));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        match here {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn text_literal(rest: &str, opening: usize) -> usize {
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices().skip(opening + 1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// How many `#` open the raw text that begins here, if one does.
fn raw_hashes(rest: &str) -> Option<usize> {
    let hashes = rest[1..].chars().take_while(|&letter| letter == '#').count();
    rest[1 + hashes..].starts_with('"').then_some(hashes)
}

fn raw_text_literal(rest: &str) -> usize {
    let hashes = raw_hashes(rest).unwrap_or_default();
    let (opening, closing) = (hashes + 2, format!("\"{}", "#".repeat(hashes)));
    rest[opening..].find(&closing).map_or(rest.len(), |at| opening + at + closing.len())
}

/// `'a'`, `'\n'` and `'"'` as a whole; of `'a` only the tick.
fn character_or_lifetime(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match (letters.next(), letters.next(), letters.next()) {
        (Some((_, '\\')), Some(_), _) => rest[3..].find('\'').map_or(rest.len(), |at| at + 4),
        (Some(_), Some((at, '\'')), _) => at + 1,
        _ => 1,
    }
}
