//! Where we and the judge differ, and why: it departs from the specification there, or ours is simpler. Rare, all of it.

/// A reason, a text that shows it, and in which texts it may matter.
pub type Difference = (&'static str, &'static str, fn(&str) -> bool);

pub const DIFFERENCES: [Difference; 24] = [
    ("A text of definitions alone is shown.", "[a]: https://x.example", |text| {
        text.trim_start().starts_with('[') && text.contains("]:")
    }),
    ("Of the names of entities we have those that are written.", "&Dcaron;", |text| {
        text.split('&').skip(1).any(|after| {
            let name = after.split(';').next().unwrap_or_default();
            let is_name = name.len() < after.len() && name.chars().all(|c| c.is_ascii_alphanumeric());
            is_name && !["amp", "eacute"].contains(&name)
        })
    }),
    ("Labels are compared without regard to the case of ASCII's letters alone.", "[É]: /e\n\n[é]", |text| {
        text.contains('É') && text.contains('é')
    }),
    ("A carriage return alone ends a line (§2.1), for the judge not everywhere.", "```\r\ta\r```", |text| {
        text.replace("\r\n", "").contains('\r')
    }),
    ("A heading may end with tabs, or with `#` after one (§4.2).", "# a\t", |text| {
        lines(text).any(|line| line.split_once('#').is_some_and(|(_, heading)| heading.contains('\t')))
    }),
    ("A fence may end with tabs (§4.5).", "```\na\n```\t\nb", |text| {
        lines(text).any(|line| line.ends_with('\t') && line.trim().ends_with(['`', '~']))
    }),
    ("What a tab indents is no mark of a quote (§5.1).", ">\n\t>", |text| text.contains("\t>")),
    ("Tabs stay tabs in raw HTML (§2.2).", "> \t<?", |text| {
        lines(text).any(|line| line.split_once('<').is_some_and(|(before, _)| before.contains('\t')))
    }),
    ("White space that ends a text within code is code.", "```\n ", |text| {
        let last = lines(text).last().unwrap_or_default();
        last.ends_with([' ', '\t']) && last.trim_start_matches(MARGIN).is_empty()
    }),
    ("Any end tag of raw text ends a block of it (§4.6).", "<pre></script>\na", |text| {
        ["<pre>", "<script>"].iter().filter(|tag| text.contains(**tag)).count()
            + ["</pre>", "</script>"].iter().filter(|tag| text.contains(**tag)).count()
            > 1
    }),
    ("Raw HTML may be that of CDATA among text (§6.6).", "a<![CDATA[*b*]>", |text| {
        lines(text).any(|line| line.find("<![CDATA[").is_some_and(|at| !line[..at].trim_matches(MARGIN).is_empty()))
    }),
    ("The marks of a quote are no part of the HTML that goes on in it (§6.6).", "> a<!b\n> c>", |text| {
        text.contains(['!', '?']) && text.contains('<') && text.matches('>').count() > 1 && text.contains('\n')
    }),
    ("A title stands behind white space (§6.3).", "[](<>\"\")", |text| {
        text.contains("](<") && [">\"", ">'", ">("].iter().any(|title| text.contains(title))
    }),
    ("A link's text may end with a line break (§6.7).", "[*\\\n]()", |text| {
        lines(text).zip(lines(text).skip(1)).any(|(one, two)| one.ends_with('\\') && two.trim_start().starts_with(']'))
    }),
    ("An escaped bracket begins no label (§6.3).", "[]\\[a]\n\n[a]: /b", |text| text.contains("]\\[")),
    ("One and two tildes don't stand in each other's way.", "~\"~~[~", |text| {
        text.contains("\\~") || text.contains("~~") && text.replace("~~", "").contains('~')
    }),
    ("A task without text is a paragraph, with which the next line goes on (GFM §5.3).", "- [x]\na", |text| {
        lines(text).any(|line| ["[ ]", "[x]"].iter().any(|task| line.trim_end().ends_with(task)))
    }),
    ("A column is one run of hyphens (GFM §4.10).", "a|b\n- -|-", |text| {
        lines(text).any(|line| line.contains('|') && ["- -", "-  ", "-:-"].iter().any(|hyphens| line.contains(hyphens)))
    }),
    ("Tabs are space between columns.", "|a|b|\n|-\t|-|", |text| text.contains('|') && text.contains('\t')),
    ("Rows are rows however far they are indented.", "|a|\n|-|\n    #", |text| {
        text.contains('|') && text.contains("    ")
    }),
    ("The line above a table's columns is its head, whatever marks it lacks.", "> a\n|b|\n> |-|", |text| {
        let pairs = || lines(text).zip(lines(text).skip(1));
        pairs().any(|(one, two)| one.trim_start_matches(MARGIN).starts_with('|') && margin(one) != margin(two))
    }),
    ("A backslash that ends a table's head breaks no line.", "a | b\\\n- | -", |text| {
        lines(text).any(|line| line.ends_with('\\') && line.contains('|'))
    }),
    ("An escaped pipe is a pipe in an address, too (GFM §4.10).", "|a|\n|-|\n<ps:\\|>", |text| {
        text.contains("\\|") && text.contains('<')
    }),
    ("What stands right below a definition is no table's head without a pipe before it.", "[b]: x\na|b\n-|-", |text| {
        text.contains("]:") && text.contains('|')
    }),
];

/// Whether a text may be one of those.
pub fn may_differ(text: &str) -> bool {
    DIFFERENCES.iter().any(|(_, _, is_there)| is_there(text))
}

/// What stands before the lines of quotes and lists.
const MARGIN: [char; 3] = [' ', '\t', '>'];

fn margin(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches(MARGIN).len()]
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}
