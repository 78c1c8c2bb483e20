//! Markdown as a tree of what we show. Raw HTML is text, images are links, links lead only where links may.

use super::{blocks, inlines, links};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// The text of an item in a list without blank lines.
    Plain(Vec<Inline>),
    Heading {
        level: u8,
        content: Vec<Inline>,
    },
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    /// `language` is what the fence says, often nothing.
    Code {
        language: String,
        text: String,
    },
    Table(Table),
    Rule,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub alignments: Vec<Align>,
    pub head: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
}

pub type Cell = Vec<Inline>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Nothing was said.
    Unset,
    Left,
    Center,
    Right,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Code(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Struck(Vec<Inline>),
    Link {
        to: String,
        content: Vec<Inline>,
    },
    Break,
    /// The box of a task, done or not.
    Task(bool),
}

/// Deeper nesting is not shown as such: nobody writes it, but somebody may try what it does to us. The marks of blocks
/// are text there, and emphasis and links have the text they contain.
pub const DEEPEST: usize = 24;

pub fn parse(text: &str) -> Vec<Block> {
    // CommonMark 0.31 §2.3. What reads on may take 0 for the end.
    if text.contains('\0') {
        return parse(&text.replace('\0', "\u{fffd}"));
    }
    let (mut blocks, definitions) = blocks::read(text);
    if blocks.is_empty() && !definitions.is_empty() {
        // Sources at an answer's end: nothing else of the text refers to them, and they would be lost.
        return shown_as_it_is(text);
    }
    inlines::in_blocks(&mut blocks, &definitions, 1);
    links::in_blocks(&mut blocks);
    blocks
}

fn shown_as_it_is(text: &str) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(vec![Inline::Text(text.trim().to_owned())])];
    links::in_blocks(&mut blocks);
    blocks
}

/// A link that showed nothing could be clicked all the same: it shows where it leads.
pub fn link(to: String, mut content: Vec<Inline>) -> Inline {
    if plain(&content).trim().is_empty() {
        content = vec![Inline::Text(to.clone())];
    }
    Inline::Link { to, content }
}

/// Everything that text says, without its marks.
pub fn plain(content: &[Inline]) -> String {
    content
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Emphasis(content) | Inline::Strong(content) | Inline::Struck(content) => plain(content),
            Inline::Link { content, .. } => plain(content),
            Inline::Break => " ".into(),
            Inline::Task(_) => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    #[test]
    fn raw_html_is_text() {
        let hostile = "<img src=x onerror=alert(1)> and <b>bold</b>";
        assert_eq!(parse(hostile), [Block::Paragraph(vec![text(hostile)])]);
        let block = "<script>\nalert(1)\n</script>";
        assert_eq!(parse(block), [Block::Paragraph(vec![text(block)])]);
    }

    #[test]
    fn links_lead_only_where_links_may() {
        let link = |to: &str| parse(&format!("[a]({to})"));
        for to in ["https://docs.oracle.com/x?y#z", "http://intranet/", "mailto:dba@bank.example"] {
            let content = vec![text("a")];
            assert_eq!(link(to), [Block::Paragraph(vec![Inline::Link { to: to.into(), content }])]);
        }
        for to in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/etc",
            "//x.example",
            "&#106;avascript:x",
            "https:/api/y",
            "https:callback?code=1",
            "https:",
            "https:///etc",
            "https:\\\\evil.example",
            "mailto:",
        ] {
            assert_eq!(link(to), [Block::Paragraph(vec![text("a")])], "{to}");
        }
    }

    #[test]
    fn images_are_links() {
        let content = vec![text("plan")];
        let link = Inline::Link { to: "https://x.example/p.png".into(), content };
        assert_eq!(parse("![plan](https://x.example/p.png)"), [Block::Paragraph(vec![link])]);
    }

    #[test]
    fn a_link_has_a_text_and_no_link_in_it() {
        let link = |to: &str, shown: &str| {
            [Block::Paragraph(vec![Inline::Link { to: to.into(), content: vec![text(shown)] }])]
        };
        for empty in ["[](https://x.example)", "![](https://x.example)", "[ ](https://x.example)"] {
            assert_eq!(parse(empty), link("https://x.example", "https://x.example"), "{empty}");
        }
        let badge = "[![build](https://x.example/b.svg)](https://ci.example)";
        assert_eq!(parse(badge), link("https://ci.example", "build"));
    }

    #[test]
    fn sources_below_an_answer_are_shown_and_can_be_clicked() {
        let to = "https://docs.oracle.com/x".to_owned();
        let content = vec![text(&to)];
        let sources = vec![text("[1]: "), Inline::Link { to, content }, text("\n[ERROR]: ORA-00942")];
        assert_eq!(parse("[1]: https://docs.oracle.com/x\n[ERROR]: ORA-00942\n"), [Block::Paragraph(sources)]);
    }

    #[test]
    fn lists_tables_and_code_keep_their_shape() {
        let blocks = parse("3. a\n4. b\n\n| e | ms |\n|---|--:|\n| `x` | 1 |\n\n```sql title=x\nselect 1;\n```");
        let items = vec![vec![Block::Plain(vec![text("a")])], vec![Block::Plain(vec![text("b")])]];
        let table = Table {
            alignments: vec![Align::Unset, Align::Right],
            head: vec![vec![text("e")], vec![text("ms")]],
            rows: vec![vec![vec![Inline::Code("x".into())], vec![text("1")]]],
        };
        let code = Block::Code { language: "sql".into(), text: "select 1;\n".into() };
        assert_eq!(blocks, [Block::List { start: Some(3), items }, Block::Table(table), code]);
    }

    #[test]
    fn no_text_takes_longer_than_its_length_explains() {
        let all_lengths: String = (1..600).map(|length| format!("{} ", "`".repeat(length))).collect();
        let many_labels: String = (0..20_000).map(|label| format!("[{label}]: b\n")).collect();
        let wide_table = format!("{}\n{}\n{}", "|a".repeat(30_000), "|-".repeat(30_000), "|a\n".repeat(30_000));
        let deep_list: String = (0..600).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
        let open_title = format!("[a]: b 'c\n{}", "-|-\n-|-|-\n".repeat(20_000));
        let long_address = format!("[a]: http://{}\n{}", "x".repeat(200_000), "[a]".repeat(66_000));
        let long_texts = [open_title, all_lengths, many_labels, wide_table, deep_list, long_address];
        let repeated = [
            ">",
            "- ",
            "1. ",
            "*a ",
            "a* ",
            "*a_ ",
            "*_",
            "a**b",
            "~a~~",
            "[",
            "![",
            "[a](",
            "[a](<b",
            "[a](b \"",
            "[a][",
            "[a]\n",
            "[a](b)",
            "`a``",
            "<",
            "<!--",
            "a <!--",
            "a <?",
            "a <!A",
            "<a b='",
            "<a:",
            "&",
            "&a",
            "\\",
            "|a\n",
            "|-\n",
            "a\n",
            "- a\n\n",
            "> a\n",
            "# ",
            "```\n",
            "(https://",
            "https://a.",
            "\t",
            "\n",
        ];
        let repeated = repeated.into_iter().map(|piece| piece.repeat(400_000 / piece.len()));
        let mirrored = [("[", "](b)"), ("![", "](b)"), ("*", "*"), ("[", "[a](b)"), ("https://a", ")"), ("<a", " a")];
        let mirrored = mirrored.into_iter().map(|(one, two)| one.repeat(50_000) + "a" + &two.repeat(50_000));
        for text in repeated.chain(mirrored).chain(long_texts) {
            // Quadratic work would keep this test from ending.
            parse(&text);
        }
    }

    #[test]
    fn a_long_address_is_not_repeated_for_ever() {
        let text = format!("[a]: http://x/{}\n{}", "x".repeat(10_000), "[a] ".repeat(1_000));
        let [Block::Paragraph(content)] = &parse(&text)[..] else { panic!() };
        let links = content.iter().filter(|inline| matches!(inline, Inline::Link { .. })).count();
        assert_eq!(links, 9);
        assert_eq!(plain(content).matches('a').count(), 1_000, "what leads nowhere is text");
    }

    #[test]
    fn nothing_is_lost_of_what_nests_too_deep() {
        for (text, most) in [
            (">".repeat(100) + "word", 24),
            ("- ".repeat(100) + "word", 24),
            ("*a ".repeat(100) + &"*".repeat(100) + "word", 48),
        ] {
            let shown = format!("{:?}", parse(&text));
            assert!(shown.contains("word"), "{shown}");
            let (mut depth, mut deepest) = (0, 0);
            for letter in shown.chars() {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                deepest = deepest.max(depth);
            }
            assert!(deepest <= most, "{deepest} {shown}");
        }
    }
}
