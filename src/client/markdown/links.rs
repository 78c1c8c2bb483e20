//! Where links may lead, and the addresses in a text that become links without markup, as on GitHub (GFM §6.9).

use super::{hidden::is_unseen, tree::Inline};

/// Schemes of addresses that become links without markup.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// What may stand right before such an address.
const BEFORE: [char; 7] = ['(', '*', '_', '~', '«', '“', '"'];

/// What ends a sentence or a quotation rather than an address.
const AFTER: [char; 16] = ['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '"', '…', '»', '”', '’', '>'];

/// Whether a link may lead to an address. One without a host would lead to a page of ours: browsers read `https:/x` as
/// they read `/x` (URL Standard §4.4, “special relative or authority state”).
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
pub fn in_inlines(content: Vec<Inline>) -> Vec<Inline> {
    let linked = content.into_iter().flat_map(|inline| match inline {
        Inline::Text(text) => in_text(&text),
        other => vec![other],
    });
    linked.collect()
}

/// The text with links in the place of its addresses.
pub fn in_text(text: &str) -> Vec<Inline> {
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

/// Where the next address is.
fn next_address(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("http") {
        let start = from + at;
        from = start + "http".len();
        let is_begin =
            text[..start].chars().next_back().is_none_or(|before| before.is_whitespace() || BEFORE.contains(&before));
        let scheme = SCHEMES.iter().find(|scheme| text[start..].starts_with(**scheme));
        let (true, Some(scheme)) = (is_begin, scheme) else { continue };
        // Checked before the address is measured, which takes as long as the address is.
        if text[start + scheme.len()..].starts_with(char::is_alphanumeric) {
            return Some((start, start + length_of(&text[start..])));
        }
    }
    None
}

/// The length of the address that the text begins with, without the punctuation of the sentence around it.
fn length_of(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || is_end(c)).unwrap_or(text.len());
    let mut address = &text[..end];
    let opened = address.matches('(').count();
    let mut closed = address.matches(')').count();
    while let Some(last) = address.chars().next_back() {
        if last == ')' && opened < closed {
            closed -= 1;
        } else if !AFTER.contains(&last) {
            break;
        }
        address = address.strip_suffix(last).unwrap_or_default();
    }
    address.len()
}

/// Quotation marks, and characters that are invisible or change the order of the visible ones: no address has them.
fn is_end(c: char) -> bool {
    matches!(c, '<' | '"' | '»' | '”') || is_unseen(c)
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
            assert_eq!(crate::client::markdown::tree::plain(content), text);
        }
    }
}
