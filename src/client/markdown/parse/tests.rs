use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn plain_item(content: Inline) -> Vec<Block> {
    vec![Block::Plain(vec![content])]
}

fn link(to: &str, shown: &str) -> Inline {
    Inline::Link { to: to.into(), content: vec![text(shown)] }
}

#[test]
fn a_line_break_of_html_breaks_the_line() {
    for tag in ["<br>", "<br/>", "<br />", "<BR>"] {
        let broken = vec![text("one"), Inline::Break, text("two")];
        assert_eq!(parse(&format!("one{tag}two")), [Block::Paragraph(broken.clone())]);
        let [Block::Table(table)] = &parse(&format!("| a |\n|---|\n| one{tag}two |"))[..] else { panic!("no table") };
        assert_eq!(table.rows, [vec![broken]]);
    }
    let [Block::Paragraph(content)] = &parse("one<break>two `<br>`")[..] else { panic!("no paragraph") };
    assert!(!content.contains(&Inline::Break), "{content:?}");
}

#[test]
fn raw_html_is_text() {
    for html in [
        "<img src=x onerror=alert(1)> and <b>bold</b>",
        "<script>\nalert(1)\n\n</script>",
        "<div>\n*a*",
        "<!-- a\n\nb -->",
        "<svg onload=alert(1)>",
    ] {
        assert_eq!(parse(html), [Block::Paragraph(vec![text(html)])]);
    }
    assert_eq!(parse("&lt;b&gt; &eacute; \\*"), [Block::Paragraph(vec![text("<b> é *")])]);
}

#[test]
fn links_lead_only_where_links_may() {
    for to in ["https://docs.oracle.com/x?y#z", "http://intranet/", "mailto:dba@bank.example"] {
        assert_eq!(parse(&format!("[a]({to})")), [Block::Paragraph(vec![link(to, "a")])]);
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
        assert_eq!(parse(&format!("[a]({to})")), [Block::Paragraph(vec![text("a")])], "{to}");
        assert_eq!(parse(&format!("![a]({to})")), [Block::Paragraph(vec![text("a")])], "{to}");
    }
}

#[test]
fn links_may_be_written_as_references_and_between_angle_brackets() {
    let paragraph = Block::Paragraph(vec![link("https://x.example", "A"), text(" [b]")]);
    assert_eq!(parse("[A][] [b]\n\n[a]: https://x.example 'title'"), [paragraph]);
    let content = vec![link("https://x.example", "https://x.example"), text(" d@x.example ftp:x")];
    assert_eq!(parse("<https://x.example> <d@x.example> <ftp:x>"), [Block::Paragraph(content)]);
}

#[test]
fn images_are_links() {
    let image = parse("![plan](https://x.example/p.png)");
    assert_eq!(image, [Block::Paragraph(vec![link("https://x.example/p.png", "plan")])]);
}

#[test]
fn a_link_has_a_text_and_no_link_in_it() {
    for empty in ["[](https://x.example)", "![](https://x.example)", "[ ](https://x.example)"] {
        assert_eq!(parse(empty), [Block::Paragraph(vec![link("https://x.example", "https://x.example")])], "{empty}");
    }
    let badge = "[![build](https://x.example/b.svg)](https://ci.example)";
    assert_eq!(parse(badge), [Block::Paragraph(vec![link("https://ci.example", "build")])]);
}

#[test]
fn sources_below_an_answer_are_shown_and_can_be_clicked() {
    let address = "https://docs.oracle.com/x";
    let sources = vec![text("[1]: "), link(address, address), text("\n[ERROR]: ORA-00942")];
    assert_eq!(parse("[1]: https://docs.oracle.com/x\n[ERROR]: ORA-00942\n"), [Block::Paragraph(sources)]);
    for nothing in ["", " ", "\n\n", "\t\r\n"] {
        assert_eq!(parse(nothing), []);
    }
}

#[test]
fn lists_tables_and_code_keep_their_shape() {
    let blocks =
        parse("3. a\n4. b\n\n| e | ms |\n|---|--:|\n| `x` | 1 |\n\n```sql title=x\nselect 1;\n```\n\n---\n\n> q");
    let items = vec![plain_item(text("a")), plain_item(text("b"))];
    let table = Table {
        alignments: vec![Align::Unset, Align::Right],
        head: vec![vec![text("e")], vec![text("ms")]],
        rows: vec![vec![vec![Inline::Code("x".into())], vec![text("1")]]],
    };
    let code = Block::Code { language: "sql".into(), text: "select 1;\n".into() };
    let quote = Block::Quote(vec![Block::Paragraph(vec![text("q")])]);
    assert_eq!(blocks, [Block::List { start: Some(3), items }, Block::Table(table), code, Block::Rule, quote]);
}

#[test]
fn a_list_in_a_list_follows_the_text_of_its_item() {
    let inner = Block::List { start: None, items: vec![plain_item(text("b"))] };
    let items = vec![vec![Block::Plain(vec![text("a")]), inner], vec![]];
    assert_eq!(parse("- a\n  - b\n-"), [Block::List { start: None, items }]);
    let items = vec![vec![Block::Paragraph(vec![text("a")])], vec![Block::Paragraph(vec![text("b")])]];
    assert_eq!(parse("- a\n\n- b"), [Block::List { start: None, items }], "with blank lines");
}

#[test]
fn tasks_are_done_or_not() {
    let task = |done, shown| vec![Block::Plain(vec![Inline::Task(done), text(shown)])];
    let items = vec![task(false, "a"), task(true, "b"), plain_item(text("[y] c"))];
    assert_eq!(parse("- [ ] a\n- [x] b\n- [y] c"), [Block::List { start: None, items }]);
}

#[test]
fn spans_nest_and_lines_break() {
    let strong = Inline::Strong(vec![text("b")]);
    let emphasis = Inline::Emphasis(vec![text("a "), strong]);
    let struck = Inline::Strikethrough(vec![text("c")]);
    let content = vec![emphasis, text("\nd "), struck, Inline::Break, Inline::Code("e".into())];
    assert_eq!(parse("*a **b***\nd ~~c~~  \n`e`"), [Block::Paragraph(content.clone())]);
    assert_eq!(parse("# a\0"), [Block::Heading { level: 1, content: vec![text("a\u{fffd}")] }]);
}

#[test]
fn short_rows_of_a_table_are_filled_as_long_as_there_are_not_too_many() {
    let rows = |text: &str| match parse(text).into_iter().next() {
        Some(Block::Table(table)) => table.rows,
        other => panic!("{other:?}"),
    };
    assert_eq!(rows("|a|b|\n|-|-|\n|1|"), [vec![vec![text("1")], vec![]]]);
    let wide = format!("{}\n{}\n{}", "|a".repeat(1_000), "|-".repeat(1_000), "|b\n".repeat(200));
    let rows = rows(&wide);
    assert_eq!(rows.len(), 200);
    assert!(rows.iter().all(|row| row[0] == [text("b")]));
    assert!(rows.iter().map(Vec::len).sum::<usize>() <= MAX_EMPTY_CELLS + 1_000);
}

#[test]
fn a_long_address_is_not_repeated_in_every_reference_to_it() {
    let text = format!("[a]: http://x/{}\n\n{}", "x".repeat(10_000), "[a] ".repeat(1_000));
    let [Block::Paragraph(content)] = &parse(&text)[..] else { panic!() };
    let links = content.iter().filter(|inline| matches!(inline, Inline::Link { .. })).count();
    assert_eq!(links, 10);
    assert_eq!(plain_text(content).matches('a').count(), 1_000, "what leads nowhere is text");
}

#[test]
fn what_nests_too_deep_is_text() {
    for (text, shown) in [
        (">".repeat(100) + "word", "word"),
        ("- ".repeat(90) + "word\n\nnext", "word"),
        ("> 1. ".repeat(30) + "| a | b |\n", "| a | b |"),
        ("- ".repeat(30) + "a\n" + &"  ".repeat(30) + "- word", "a\\nword"),
        ("*a ".repeat(100) + &"*".repeat(100) + "word", "word"),
        ("- ".repeat(100_000) + "word" + &"\n".repeat(100_000), "- - word"),
    ] {
        let blocks = parse(&text);
        let shown_text = format!("{blocks:?}");
        assert!(shown_text.contains(shown), "{}", shown_text.chars().rev().take(200).collect::<String>());
        assert!(size_of_blocks(&blocks).depth <= 2 * MAX_DEPTH + 3, "{shown_text}");
    }
}

/// How many nodes a tree has, and how deep they nest.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    nodes: usize,
    depth: usize,
}

fn size_of_blocks(blocks: &[Block]) -> Size {
    total(blocks.iter().map(|block| match block {
        Block::Paragraph(content) | Block::Plain(content) | Block::Heading { content, .. } => size_of_inlines(content),
        Block::List { items, .. } => total(items.iter().map(|item| size_of_blocks(item))),
        Block::Quote(blocks) => size_of_blocks(blocks),
        Block::Table(table) => {
            total(table.head.iter().chain(table.rows.iter().flatten()).map(|cell| size_of_inlines(cell)))
        }
        Block::Code { .. } | Block::Rule => Size::default(),
    }))
}

fn size_of_inlines(content: &[Inline]) -> Size {
    total(content.iter().map(|inline| match inline {
        Inline::Emphasis(content) | Inline::Strong(content) | Inline::Strikethrough(content) => {
            size_of_inlines(content)
        }
        Inline::Link { content, .. } => size_of_inlines(content),
        Inline::Text(_) | Inline::Code(_) | Inline::Break | Inline::Task(_) => Size::default(),
    }))
}

fn total(sizes: impl Iterator<Item = Size>) -> Size {
    sizes.fold(Size::default(), |total, size| Size {
        nodes: total.nodes + size.nodes + 1,
        depth: total.depth.max(size.depth + 1),
    })
}

/// Texts on which a careless reader does work that grows with the square of their length, or loses what follows.
fn hostile_texts() -> impl Iterator<Item = String> {
    let length = 100_000;
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
    let repeated = repeated.into_iter().map(move |piece| piece.repeat(length / piece.len()));
    let mirrored = [("[", "](b)"), ("![", "](b)"), ("*", "*"), ("[", "[a](b)"), ("https://a", ")"), ("<a", " a")];
    let mirrored = mirrored.into_iter().map(|(one, two)| one.repeat(10_000) + "a" + &two.repeat(10_000));
    let all_lengths = (1..300).map(|length| format!("{} ", "`".repeat(length))).collect();
    let many_labels = (0..10_000).map(|label| format!("[{label}]: b\n")).collect();
    let wide_table = format!("{}\n{}\n{}", "|a".repeat(10_000), "|-".repeat(10_000), "|a\n".repeat(10_000));
    let deep_list = (0..400).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
    let open_title = format!("[a]: b 'c\n{}", "-|-\n-|-|-\n".repeat(10_000));
    let long_address = format!("[a]: http://{}\n\n{}", "x".repeat(50_000), "[a]".repeat(20_000));
    let long = [all_lengths, many_labels, wide_table, deep_list, open_title, long_address];
    repeated.chain(mirrored).chain(long)
}

#[test]
fn a_text_makes_no_more_nodes_than_its_length_explains() {
    for text in hostile_texts() {
        let Size { nodes, depth } = size_of_blocks(&parse(&text));
        let begin: String = text.chars().take(20).collect();
        assert!(nodes <= text.len() + MAX_EMPTY_CELLS, "{nodes} nodes: {begin}…");
        assert!(depth <= 2 * MAX_DEPTH + 3, "{depth} deep: {begin}…");
    }
}

#[test]
fn the_end_of_a_long_text_is_shown() {
    for text in hostile_texts() {
        let blocks = parse(&format!("{text}\n\n`lastword`\n"));
        let begin: String = text.chars().take(20).collect();
        assert!(format!("{blocks:?}").contains("lastword"), "{begin}…");
    }
}

/// Pieces of markup, in any order.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "word", " ", "    ", "\n", "\n\n", "\t", "\r\n", "\0", "- ", "* ", "1. ", "- [ ] ", "> ", "# ", "===", "---",
    "```", "```sql\n", "~~~", "`", "*", "**", "_", "~", "~~", "[", "]", "![", "](", ")", "[a]", "[a]: /b\n",
    "](https://x.example)", "https://x.example", "<", "<b>", "<div>", "<!--", "-->", "<?", "<![CDATA[", "</script>\n",
    "<https://x.example>", "<a@b.c>", "|", "| a | b |\n|---|---|\n", "|-|-|\n", "\\", "\\|", "&eacute;", "&#35;", "é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed(
        text in prop_oneof![
            any::<String>(),
            prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        ],
    ) {
        let size = size_of_blocks(&parse(&text));
        prop_assert!(size.nodes <= 2 * text.len() + 2);
    }

    #[test]
    fn what_follows_any_markup_is_shown(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let text = pieces.concat() + "\n\nlastword\n";
        prop_assert!(format!("{:?}", parse(&text)).contains("lastword"), "{text:?}");
    }
}
