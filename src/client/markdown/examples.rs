//! What is made of texts, by the sections of CommonMark 0.31 and GFM 0.29.

use super::tree::{Align, Block, Inline, parse};

/// The tree in short: `p`aragraph, `t`ext of a tight item, `h1`, `q`uote, `ul`, `ol3`, `code`, `em`, `b`, `s`, `a`.
fn shape(text: &str) -> String {
    blocks(&parse(text))
}

fn blocks(blocks: &[Block]) -> String {
    let each = blocks.iter().map(|block| match block {
        Block::Paragraph(content) => format!("p({})", inlines(content)),
        Block::Plain(content) => format!("t({})", inlines(content)),
        Block::Heading { level, content } => format!("h{level}({})", inlines(content)),
        Block::List { start, items } => {
            let name = start.map_or("ul".into(), |start| format!("ol{start}"));
            let items: Vec<_> = items.iter().map(|item| self::blocks(item)).collect();
            format!("{name}({})", items.join(" | "))
        }
        Block::Quote(inner) => format!("q({})", self::blocks(inner)),
        Block::Code { language, text } => format!("code({language}{text:?})"),
        Block::Table(table) => {
            let columns = table.alignments.iter().map(|align| match align {
                Align::Unset => '-',
                Align::Left => '<',
                Align::Center => '=',
                Align::Right => '>',
            });
            let row = |cells: &Vec<Vec<Inline>>| cells.iter().map(|cell| inlines(cell)).collect::<Vec<_>>().join(",");
            let rows: Vec<_> = std::iter::once(&table.head).chain(&table.rows).map(row).collect();
            format!("table({} {})", columns.collect::<String>(), rows.join(" / "))
        }
        Block::Rule => "hr".into(),
    });
    each.collect::<Vec<_>>().join(" ")
}

fn inlines(content: &[Inline]) -> String {
    let each = content.iter().map(|inline| match inline {
        Inline::Text(text) => text.clone(),
        Inline::Code(text) => format!("`{text}`"),
        Inline::Emphasis(inner) => format!("em({})", inlines(inner)),
        Inline::Strong(inner) => format!("b({})", inlines(inner)),
        Inline::Struck(inner) => format!("s({})", inlines(inner)),
        Inline::Link { to, content } => format!("a({to} {})", inlines(content)),
        Inline::Break => "/".into(),
        Inline::Task(done) => if *done { "[x]" } else { "[ ]" }.into(),
    });
    each.collect()
}

fn check(examples: &[(&str, &str)]) {
    for (text, expected) in examples {
        assert_eq!(shape(text), *expected, "{text:?}");
    }
}

#[test]
fn characters_may_be_escaped_or_named() {
    check(&[
        (r"\*a\* \a \\ \&amp;", r"p(*a* \a \ &amp;)"),
        ("&amp;lt; &eacute;&rarr;&nbsp;&#8212;&#x2014;", "p(&lt; é→\u{a0}——)"),
        ("&#0; &#xD800; &#12345678; &unheard; &copy", "p(\u{fffd} \u{fffd} &#12345678; &unheard; &copy)"),
        ("a\0b", "p(a\u{fffd}b)"),
        ("```a&eacute;\\* x\n", "code(aé*\"\")"),
    ]);
}

#[test]
fn tabs_reach_to_columns() {
    check(&[
        ("\tfoo\tbaz", "code(\"foo\\tbaz\")"),
        ("- a\n\n\tb", "ul(p(a) p(b))"),
        (">\t\tfoo", "q(code(\"  foo\"))"),
        ("-\t\tfoo", "ul(code(\"  foo\"))"),
        (" - a\n   - b\n\t - c", "ul(t(a) ul(t(b) ul(t(c))))"),
    ]);
}

#[test]
fn lines_are_headings_and_rules() {
    check(&[
        ("# a\n## b ##\n###\n#c\n####### d\n# e#", "h1(a) h2(b) h3() p(#c\n####### d) h1(e#)"),
        ("a\nb\n===\nc\n---\n\n===", "h1(a\nb) h2(c) p(===)"),
        ("---\n* * *\n__ _\n--", "hr hr hr p(--)"),
        ("- a\n***\n- b\n-----", "ul(t(a)) hr ul(t(b)) hr"),
        ("> a\n---", "q(p(a)) hr"),
    ]);
}

#[test]
fn code_is_kept_as_it_is() {
    check(&[
        ("    a\n\n      b\n\n\nc", "code(\"a\\n\\n  b\\n\") p(c)"),
        ("a\n    b", "p(a\nb)"),
        ("```sql title=x\n*a*\n\n``\n```\nb", "code(sql\"*a*\\n\\n``\\n\") p(b)"),
        ("~~~ a`b\n```\n~~~~", "code(a`b\"```\\n\")"),
        ("  ```\n  a\n   b\n c\n```", "code(\"a\\n b\\nc\\n\")"),
        ("``` a`b", "p(``` a`b)"),
        ("> ```\n> a\nb", "q(code(\"a\\n\")) p(b)"),
        ("```\r\na\r\n```\r\n", "code(\"a\\n\")"),
        ("```\na", "code(\"a\")"),
    ]);
}

#[test]
fn raw_html_stays_text() {
    check(&[
        ("<div>\n*a*\n\n*b*", "p(<div>\n*a*) p(em(b))"),
        ("<!-- a\n\n*b* -->\n*c*", "p(<!-- a\n\n*b* -->) p(em(c))"),
        ("<SCRIPT>\n\n*b*</style> x\nc", "p(<SCRIPT>\n\n*b*</style> x) p(c)"),
        ("<?a\n\n?>\n<!A\n>\n<![CDATA[\n]]>\nb", "p(<?a\n\n?>) p(<!A\n>) p(<![CDATA[\n]]>) p(b)"),
        ("<b>\n*a*\n\na\n<b>\n*c*", "p(<b>\n*a*) p(a\n<b>\nem(c))"),
        ("a <b c='*d*' e> *f* </g> <!-- *h* --> <1>", "p(a <b c='*d*' e> em(f) </g> <!-- *h* --> <1>)"),
        ("a <b c=\"&amp;\\*\"> &lt;", "p(a <b c=\"&amp;\\*\"> <)"),
        ("- <div>\n  a\n- b", "ul(p(<div>\na) | t(b))"),
    ]);
}

#[test]
fn lists_nest_and_are_loose_where_lines_are_empty() {
    check(&[
        ("- a\n- b\n\n\n- c", "ul(p(a) | p(b) | p(c))"),
        ("- a\n  - b\n\n    c\n- d", "ul(t(a) ul(p(b) p(c)) | t(d))"),
        ("- a\n  > b\n  >\n- c", "ul(t(a) q(p(b)) | t(c))"),
        ("- a\n- ```\n  b\n\n\n  ```\n- c", "ul(t(a) | code(\"b\\n\\n\\n\") | t(c))"),
        ("- a\n+ b\n1. c\n2) d", "ul(t(a)) ul(t(b)) ol1(t(c)) ol2(t(d))"),
        ("7. a\n1. b", "ol7(t(a) | t(b))"),
        ("1234567890. a", "p(1234567890. a)"),
        ("a\n- b\n\na\n2. b\n-", "p(a) ul(t(b)) h2(a\n2. b)"),
        ("-\n  a\n-\n\n  b", "ul(t(a) | ) p(b)"),
        ("-     a\n\n  b", "ul(code(\"a\\n\") p(b))"),
        ("- a\nb\n\n c", "ul(t(a\nb)) p(c)"),
        ("- - 1. a\n\n      b", "ul(ul(ol1(t(a)) p(b)))"),
    ]);
}

#[test]
fn quotes_hold_blocks_and_go_on_lazily() {
    check(&[
        ("> # a\n>b\nc\n\n> d", "q(h1(a) p(b\nc)) q(p(d))"),
        ("> - a\nb\n- c", "q(ul(t(a\nb))) ul(t(c))"),
        (">     a\n\n>\n", "q(code(\"a\\n\")) q()"),
        ("> > a\n> b\nc", "q(q(p(a\nb\nc)))"),
    ]);
}

#[test]
fn code_among_text_ends_with_as_many_backticks() {
    check(&[
        ("`` a`b `` `c", "p(`a`b` `c)"),
        ("` `` ` `a\\`b`", "p(```` `a\\`b`)"),
        ("`a\nb` *c`*`", "p(`a b` *c`*`)"),
        ("``` ``a` ``b` *c*`", "p(``` `a` `b` *c*`)"),
        ("```a`` `b` ``c```", "p(`a`` `b` ``c`)"),
    ]);
}

#[test]
fn emphasis_follows_the_letters_beside_its_marks() {
    check(&[
        ("*a* **b** ***c*** _d_ __e__", "p(em(a) b(b) em(b(c)) em(d) b(e))"),
        ("a*b*c a_b_c v$sql_id_x", "p(aem(b)c a_b_c v$sql_id_x)"),
        ("* a* *a *\\*b*", "ul(t(a* *a em(*b)))"),
        ("*a **b* c** **d*", "p(em(a em(em(b) c)) *em(d))"),
        ("*foo**bar**baz*", "p(em(foob(bar)baz))"),
        ("*foo**bar*", "p(em(foo**bar))"),
        ("« *é* » **“a”**b €*c*", "p(« em(é) » **“a”**b €em(c))"),
        ("*a `*` b* *c <d e='*'>* **f**: g", "p(em(a `*` b) em(c <d e='*'>) b(f): g)"),
        ("_a ~~b c* d_ *e f*", "p(em(a ~~b c* d) em(e f))"),
        ("~~a~~ ~b~ ~~~c~~~ ~~d~", "p(s(a) s(b) ~~~c~~~ ~~d~)"),
        ("x ~~*a*~~ 1~2 3~4", "p(x s(em(a)) 1~2 3~4)"),
    ]);
}

#[test]
fn links_are_written_in_many_ways() {
    check(&[
        ("[a *b*](https://x.example/(y) \"z\")", "p(a(https://x.example/(y) a em(b)))"),
        ("[a](<https://x.example/y z>)[b](mailto:c 'd')", "p(a(https://x.example/y z a)a(mailto:c b))"),
        ("[a](https://x.example y) [a] (b)", "p([a](a(https://x.example https://x.example) y) [a] (b))"),
        ("[a [b](http://c) d](http://e)", "p([a a(http://c b) d](a(http://e http://e)))"),
        ("*a [b* c](http://d)", "p(*a a(http://d b* c))"),
        ("[![a](http://b)](http://c)", "p(a(http://c a))"),
        ("[a][b] [B][] [b] [c]\n\n[b]: http://d 'e'\n[ C\nc ]: <>", "p(a(http://d a) a(http://d B) a(http://d b) [c])"),
        ("[a]: http://b\n'c\nd'\ne [a]\n[a]: http://f", "p(e a(http://b a)\na(http://b a): a(http://f http://f))"),
        (
            "<https://a.example?b=*c*> <d@e.example> <ftp:g>",
            "p(a(https://a.example?b=*c* https://a.example?b=*c*) d@e.example ftp:g)",
        ),
        ("[\\]](http://a\\*&amp;) [b\\](http://c)", "p(a(http://a*& ]) [b](a(http://c http://c)))"),
    ]);
}

#[test]
fn lines_break_where_two_spaces_or_a_backslash_end_them() {
    check(&[("a  \nb\\\nc \n  d\\\n", "p(a/b/c\nd\\)"), ("# a\\\nb", "h1(a\\) p(b)"), ("a\tb   ", "p(a\tb)")]);
}

#[test]
fn tables_have_as_many_cells_as_their_head() {
    check(&[
        ("| a | b |\n|:--|:-:|\n| 1 |\n| 1 | 2 | 3 |\nc\n\nd", "table(<= a,b / 1, / 1,2 / c,) p(d)"),
        ("a | b\n-: | -\n`x \\| y` | \\| *z*", "table(>- a,b / `x | y`,| em(z))"),
        ("a\n| b |\n|---|\n> c", "p(a) table(- b) q(p(c))"),
        ("| a | b |\n|---|\n\n|a|\n---", "p(| a | b |\n|---|) h2(|a|)"),
        ("- |a|\n  |-|\n  |b|\n- c", "ul(table(- a / b) | t(c))"),
    ]);
}

#[test]
fn tasks_are_done_or_not() {
    check(&[
        ("- [ ] a\n- [x] *b*\n- [X] c\n- [y] d\n- [x]e", "ul(t([ ]a) | t([x]em(b)) | t([x]c) | t([y] d) | t([x]e))"),
        ("1. [ ] a\n\n   b", "ol1(p([ ]a) p(b))"),
        ("[x] a", "p([x] a)"),
    ]);
}
