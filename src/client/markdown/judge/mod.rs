//! `pulldown-cmark` reads all of CommonMark and is tested with it: what we make of a text is judged by it.

mod alike;
mod builder;
mod differences;

use proptest::prelude::*;

use self::{
    alike::{comparable, depth},
    builder::judged,
    differences::{DIFFERENCES, may_differ},
};
use super::tree::parse;

/// What may stand anywhere.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "b", "word", " ", " ", "  ", "    ", "\n", "\n", "\n", "\n\n", "\n\n", "\t", "\r\n",
    "- ", "-", "* ", "+ ", "1. ", "1) ", "2. ", "10. ", "0", "- [ ] ", "- [x] ", "[ ]",
    "> ", ">", "# ", "## ", "#", " #", "===", "---", "***", "___", "- - -", "=", "--",
    "```", "```sql\n", "~~~", "````", "`", "``", "` ",
    "*", "**", "_", "__", "~", "~~", "***", "*a*", "**b**", "_c_",
    "[", "]", "![", "](", ")", "(", "[a]", "[a]: /b\n", "[a]: https://x.example 't'\n", "](https://x.example)", "](https://x.example \"t\")", "[]", "]: ", "[b]: <https://y.example>", "https://x.example",
    "<", ">", "<b>", "</b>", "<div>", "</div>\n", "<a href=\"x\">", "<!--", "-->", "<?", "?>", "<![CDATA[", "]]>", "<!A", "<script>", "</script>", "<https://x.example>", "<a@b.c>", "<br/>",
    "|", " | ", "| a | b |\n|---|---|\n", "|-|-|\n", "\\|", "|:-:|",
    "&amp;", "&eacute;", "&#35;", "&#x41;", "&", "\\", "\\\n", "!", "\"",
    "é", "«", "» ", "\u{a0}", "€", "—", "e\u{301}", "🙂", "'", "'t'", "(t)", "\"t\"", "   ", "     ", "1234567890. ", "000000003. ", "3) ",
    "<pre>", "</pre>\n", "<!-->", "&#0;", "&#xD800;", "&#12345678;", "mailto:a@b.c", "<b ", "b=", "/>", "\\[", "\\]", "\\*", "\\`", "| a |\n|-|\n", ":-", "-:|", "|\n",
    "[a][b]", "[b]: mailto:x\n", "![a](", "<https://x.example", "...", ",", "**a", "b**", "*a", "b*", "_a", "b_", "`a`",
];

/// What lines begin with.
#[rustfmt::skip]
const BEGINS: &[&str] = &[
    "", "", "", " ", "  ", "   ", "    ", "      ", "\t", "- ", "* ", "-  ", "  - ", "    - ", "1. ", "2. ", "   1) ",
    "-     ", "> ", ">", "> - ", "- > ", ">     ", "# ", "### ", "```", "~~~", "| ", "|-|-|", "<div>", "[a]: ", "- [ ] ",
    "***", "---", "===", "-", "1.",
];

/// And how they go on.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", "", "a", "a b", "*a*", "a\nb", "`c`", "[a]", "a | b |", "```", "https://x.example", "**", "  ", "\\", "-", "<b>",
];

/// Of few pieces each, so that they meet.
fn snippets() -> impl Strategy<Value = String> {
    let few = prop::collection::vec(prop::sample::select(PIECES), 3..16);
    few.prop_flat_map(|few| prop::collection::vec(prop::sample::select(few), 0..24)).prop_map(|pieces| pieces.concat())
}

fn lines() -> impl Strategy<Value = String> {
    let line =
        (prop::sample::select(BEGINS), prop::sample::select(WORDS), prop::sample::select(vec!["\n", "\n", "\n\n"]));
    prop::collection::vec(line.prop_map(|(begin, words, end)| [begin, words, end].concat()), 0..10)
        .prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]
    #[test]
    fn we_read_what_the_judge_reads(text in prop_oneof![snippets(), lines()]) {
        let theirs = judged(&text);
        prop_assume!(!may_differ(&text) && depth(&theirs) < 18);
        prop_assert_eq!(comparable(parse(&text)), comparable(theirs), "{:?}", text);
    }

    #[test]
    fn any_text_is_read(text in prop_oneof![any::<String>(), snippets()]) {
        parse(&text);
    }
}

#[test]
fn each_difference_is_one() {
    for (reason, text, is_there) in DIFFERENCES {
        assert!(is_there(text), "{reason}");
        assert_ne!(comparable(parse(text)), comparable(judged(text)), "{reason} {text:?}");
    }
}
