//! Blocks of raw HTML (CommonMark 0.31 §4.6).

use crate::client::markdown::{
    inlines::html::tag,
    scan::{Scan, is_blank},
};

/// Where such a block ends.
#[derive(Clone, Copy)]
pub enum End {
    /// With the line that has one of these.
    Line(&'static [&'static str]),
    /// At a blank line.
    Blank,
}

const RAW: [&str; 4] = ["pre", "script", "style", "textarea"];
const RAW_ENDS: [&str; 4] = ["</pre>", "</script>", "</style>", "</textarea>"];

const BLOCKS: &str = "address article aside base basefont blockquote body caption center col colgroup dd details dialog \
                      dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header \
                      hr html iframe legend li link main menu menuitem nav noframes ol optgroup option p param search \
                      section summary table tbody td tfoot th thead title tr track ul";

/// Whether a block begins with this line, the rest of a paragraph or not. By the numbers of the specification.
pub fn begins(text: &str, in_paragraph: bool) -> Option<End> {
    let mut scan = Scan::new(text);
    scan.eat(b'<');
    let name = name(scan);
    // 1
    if is_any(name, &RAW) && matches!(scan.byte_at(scan.at + name.len()), b' ' | b'\t' | b'>' | 0) {
        return Some(End::Line(&RAW_ENDS));
    }
    // 2 to 5
    if scan.eat_word("!--") {
        return Some(End::Line(&["-->"]));
    }
    if scan.eat(b'?') {
        return Some(End::Line(&["?>"]));
    }
    if scan.eat_word("![CDATA[") {
        return Some(End::Line(&["]]>"]));
    }
    if scan.byte() == b'!' && scan.byte_at(scan.at + 1).is_ascii_alphabetic() {
        return Some(End::Line(&[">"]));
    }
    // 6
    scan.eat(b'/');
    let name = self::name(scan);
    scan.at += name.len();
    let is_apart = matches!(scan.byte(), b' ' | b'\t' | b'>' | 0) || scan.rest().starts_with("/>");
    if is_apart && BLOCKS.split(' ').any(|block| block.eq_ignore_ascii_case(name)) {
        return Some(End::Blank);
    }
    // 7
    let mut scan = Scan::new(text);
    let is_alone = !in_paragraph && tag(&mut scan) && is_blank(scan.rest());
    is_alone.then_some(End::Blank)
}

impl End {
    pub fn is_in(self, line: &str) -> bool {
        match self {
            End::Line(ends) => (0..line.len()).any(|at| ends.iter().any(|end| Scan { text: line, at }.eat_word(end))),
            End::Blank => false,
        }
    }
}

fn name(scan: Scan<'_>) -> &str {
    let mut end = scan.at;
    while scan.byte_at(end).is_ascii_alphanumeric() {
        end += 1;
    }
    scan.between(scan.at, end)
}

fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}
