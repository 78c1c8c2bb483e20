//! Which addresses links may lead to, and autolinks: addresses in a text that become links without markup (GFM §6.9).

use super::{hidden_characters::is_invisible, tree::Inline};

/// The schemes of autolinks.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The characters that may precede an autolink, besides white space.
const MAY_PRECEDE: [char; 7] = ['(', '*', '_', '~', '«', '“', '"'];

/// At the end of an address, these belong to the sentence or the quotation around it.
const TRAILING_PUNCTUATION: [char; 16] =
    ['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '"', '…', '»', '”', '’', '>'];

/// Whether a link may lead to an address. An address without a host would lead to a page of this app: browsers parse
/// `https:/x` like `/x` (URL Standard §4.4, “special relative or authority state”).
pub fn is_allowed(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else { return false };
    let has_host =
        rest.strip_prefix("//").is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => has_host,
        "mailto" => !rest.is_empty(),
        _ => false,
    }
}

/// Turns the addresses in all texts of this content into links.
pub fn autolink_inlines(content: Vec<Inline>) -> Vec<Inline> {
    let linked = content.into_iter().flat_map(|inline| match inline {
        Inline::Text(text) => autolink_text(&text),
        other => vec![other],
    });
    linked.collect()
}

/// Turns the addresses in a text into links.
pub fn autolink_text(text: &str) -> Vec<Inline> {
    let (mut content, mut rest) = (vec![], text);
    while let Some((start, end)) = next_address(rest) {
        if start > 0 {
            content.push(Inline::Text(rest[..start].to_owned()));
        }
        let address = rest[start..end].to_owned();
        content.push(Inline::Link { content: vec![Inline::Text(address.clone())], to: address });
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        content.push(Inline::Text(rest.to_owned()));
    }
    content
}

/// Start and end of the next address.
fn next_address(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("http") {
        let start = from + at;
        from = start + "http".len();
        let may_start = text[..start]
            .chars()
            .next_back()
            .is_none_or(|before| before.is_whitespace() || MAY_PRECEDE.contains(&before));
        let scheme = SCHEMES.iter().find(|scheme| text[start..].starts_with(**scheme));
        let (true, Some(scheme)) = (may_start, scheme) else { continue };
        // Checked first: measuring the address takes time in proportion to its length.
        if text[start + scheme.len()..].starts_with(char::is_alphanumeric) {
            return Some((start, start + length_of(&text[start..])));
        }
    }
    None
}

/// The length of the address that the text begins with, without the punctuation of the sentence around it.
fn length_of(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || ends_address(c)).unwrap_or(text.len());
    let mut address = &text[..end];
    let opened = address.matches('(').count();
    let mut closed = address.matches(')').count();
    while let Some(last) = address.chars().next_back() {
        if last == ')' && opened < closed {
            closed -= 1;
        } else if !TRAILING_PUNCTUATION.contains(&last) {
            break;
        }
        address = address.strip_suffix(last).unwrap_or_default();
    }
    address.len()
}

/// Quotation marks, and characters that are invisible or change the order of the visible ones, are no part of an
/// address.
fn ends_address(c: char) -> bool {
    matches!(c, '<' | '"' | '»' | '”') || is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::markdown::{Block, parse};

    /// The addresses of all links in a text.
    fn links(text: &str) -> Vec<String> {
        let blocks = parse(text);
        let [Block::Paragraph(content)] = blocks.as_slice() else { return vec![] };
        let links = content.iter().filter_map(|inline| match inline {
            Inline::Link { to, .. } => Some(to.clone()),
            _ => None,
        });
        links.collect()
    }

    #[test]
    fn a_bare_address_is_a_link_without_the_punctuation_around_it() {
        for (text, address) in [
            ("See https://docs.oracle.com/en/.", "https://docs.oracle.com/en/"),
            ("(http://intranet/a_b?c=d&e#f)", "http://intranet/a_b?c=d&e#f"),
            ("https://x.example/a_(b), and more", "https://x.example/a_(b)"),
            ("« https://x.example/é »", "https://x.example/é"),
            ("https://x.example/1…", "https://x.example/1"),
            ("<a href=\"https://x.example/a\">click</a>", "https://x.example/a"),
            ("«https://x.example/a»,", "https://x.example/a"),
            ("https://bank.example/\u{202e}moc.live", "https://bank.example/"),
            ("Voir https://x.example\u{a0}!", "https://x.example"),
        ] {
            assert_eq!(links(text), [address], "{text}");
        }
        assert_eq!(links("https://a.example https://b.example"), ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn no_other_text_becomes_a_link() {
        for text in [
            "javascript:alert(1)",
            "javascript://https",
            "xhttps://a.example",
            "https://",
            "https:///etc",
            "http",
            "file://a/b",
            "`https://a.example`",
            "www.example.com",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn an_address_as_the_text_of_a_link_is_no_second_link() {
        let content = vec![Inline::Text("https://shown.example".into())];
        let link = Inline::Link { to: "https://led.example".into(), content };
        assert_eq!(parse("[https://shown.example](https://led.example)"), [Block::Paragraph(vec![link])]);
    }

    #[test]
    fn no_text_around_an_address_is_lost() {
        for text in ["https://a.example).", "http http:// https://é", "a https://b.example!c d", "https://?!"] {
            let blocks = parse(text);
            let [Block::Paragraph(content)] = blocks.as_slice() else { panic!("{blocks:?}") };
            assert_eq!(crate::client::markdown::tree::plain_text(content), text);
        }
    }
}
