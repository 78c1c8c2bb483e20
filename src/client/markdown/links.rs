//! Addresses that stand in a text by themselves become links, as in GitHub's Markdown (GFM §6.9).

use super::{
    hidden::is_unseen,
    tree::{Block, Inline},
};

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// What may stand right before an address.
const BEFORE: [char; 7] = ['(', '*', '_', '~', '«', '“', '"'];

/// What ends a sentence, or a quotation, and no address.
const AFTER: [char; 16] = ['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '"', '…', '»', '”', '’', '>'];

pub fn in_blocks(blocks: &mut [Block]) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Plain(content) | Block::Heading { content, .. } => in_inlines(content),
            Block::List { items, .. } => items.iter_mut().for_each(|item| in_blocks(item)),
            Block::Quote(blocks) => in_blocks(blocks),
            Block::Table(table) => table.head.iter_mut().chain(table.rows.iter_mut().flatten()).for_each(in_inlines),
            Block::Code { .. } | Block::Rule => {}
        }
    }
}

fn in_inlines(content: &mut Vec<Inline>) {
    for inline in std::mem::take(content) {
        match inline {
            Inline::Text(text) => in_text(&text, content),
            Inline::Emphasis(mut inner) => {
                in_inlines(&mut inner);
                content.push(Inline::Emphasis(inner));
            }
            Inline::Strong(mut inner) => {
                in_inlines(&mut inner);
                content.push(Inline::Strong(inner));
            }
            Inline::Struck(mut inner) => {
                in_inlines(&mut inner);
                content.push(Inline::Struck(inner));
            }
            // No link in a link.
            other => content.push(other),
        }
    }
}

fn in_text(text: &str, content: &mut Vec<Inline>) {
    let mut rest = text;
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
        // Asked first: how far an address reaches takes as long as it is.
        if text[start + scheme.len()..].starts_with(char::is_alphanumeric) {
            return Some((start, start + length_of(&text[start..])));
        }
    }
    None
}

/// How far an address reaches that begins here, without what closes the sentence around it.
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

/// What no address has in it: the marks of quotations, and characters that are not seen, or that turn the order of what
/// is seen around.
fn is_end(c: char) -> bool {
    matches!(c, '<' | '"' | '»' | '”') || is_unseen(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::markdown::parse;

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
    fn an_address_by_itself_is_a_link_without_the_marks_around_it() {
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
    fn nothing_else_is_a_link() {
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
    fn a_link_that_was_written_as_one_stays_as_it_is() {
        let content = vec![Inline::Text("https://shown.example".into())];
        let link = Inline::Link { to: "https://led.example".into(), content };
        assert_eq!(parse("[https://shown.example](https://led.example)"), [Block::Paragraph(vec![link])]);
    }

    #[test]
    fn no_text_is_lost_whatever_stands_there() {
        for text in ["https://a.example).", "http http:// https://é", "a https://b.example!c d", "https://?!"] {
            let blocks = parse(text);
            let [Block::Paragraph(content)] = blocks.as_slice() else { panic!("{blocks:?}") };
            assert_eq!(crate::client::markdown::tree::plain(content), text);
        }
    }
}
