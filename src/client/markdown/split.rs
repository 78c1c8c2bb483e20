//! Cuts growing Markdown into blocks that no later text can change (CommonMark 0.31 §3), so that only the last block is
//! parsed again while an answer streams.
//!
//! In doubt it does not cut: a block that is too large is parsed more often, but correctly. Two things get lost across
//! a cut: link definitions, and the end of raw HTML that contains blank lines.

use std::rc::Rc;

/// Growing text, in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splitter {
    closed: Vec<Rc<str>>,
    open: String,
    /// Where the open block begins in `open`; 0 except during a push.
    start: usize,
    /// Up to where the lines of `open` have been examined.
    examined: usize,
    kind: Option<Kind>,
    fence: Option<Fence>,
    after_blank: bool,
}

/// The kind of the open block, as far as its end depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ends at a blank line or with its fence.
    Flat,
    /// A list or indented code: lines after a blank line may still belong to it.
    Nested,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fence {
    mark: char,
    length: usize,
    /// The column of the opening fence in a list, otherwise 0. The closing fence may be indented by up to three more.
    column: usize,
}

/// What the start of a line after a blank one means for a nested block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// It depends on the rest of the line.
    Undecided,
    Continues,
    Breaks,
}

/// The blocks of a whole text.
pub fn split(text: &str) -> Vec<Rc<str>> {
    let mut splitter = Splitter::default();
    splitter.push(text);
    splitter.blocks()
}

impl Splitter {
    pub fn push(&mut self, text: &str) {
        self.open.push_str(text);
        while let Some(length) = self.open[self.examined..].find('\n') {
            self.examine(self.examined + length + 1);
        }
        let begun = &self.open[self.examined..];
        // White space, including carriage returns, may become a blank line.
        if self.may_break() && !begun.trim().is_empty() && start_of(begun) == Start::Breaks {
            self.close(self.examined);
        }
        // Once per push: for each closed block, it would take time that grows with the square of the length.
        self.open.drain(..self.start);
        self.examined -= self.start;
        self.start = 0;
    }

    /// Every block; the last one may still change.
    pub fn blocks(&self) -> Vec<Rc<str>> {
        let open = (!self.open.trim().is_empty()).then(|| Rc::from(self.open.as_str()));
        self.closed.iter().cloned().chain(open).collect()
    }

    /// The number of blocks that no later text can change.
    pub fn closed(&self) -> usize {
        self.closed.len()
    }

    /// Examines the line from `self.examined` to `end`.
    fn examine(&mut self, end: usize) {
        let line = &self.open[self.examined..end];
        if let Some(fence) = self.fence {
            let closes = fence.is_closed_by(line);
            self.examined = end;
            if closes {
                self.fence = None;
                if self.kind == Some(Kind::Flat) {
                    self.close(end);
                }
            }
        } else if line.trim().is_empty() {
            self.examined = end;
            match self.kind {
                Some(Kind::Nested) => self.after_blank = true,
                Some(Kind::Flat) | None => self.close(end),
            }
        } else if self.may_break() && start_of(line) == Start::Breaks {
            self.close(self.examined);
        } else {
            let kind = match (self.kind, start_of(line)) {
                // A list may begin directly below a heading or a line of text.
                (Some(Kind::Nested), _) | (_, Start::Continues) => Kind::Nested,
                (Some(Kind::Flat) | None, Start::Undecided | Start::Breaks) => Kind::Flat,
            };
            self.kind = Some(kind);
            self.fence = Fence::opened_by(line, kind);
            self.after_blank = false;
            self.examined = end;
        }
    }

    fn may_break(&self) -> bool {
        self.kind == Some(Kind::Nested) && self.after_blank && self.fence.is_none()
    }

    fn close(&mut self, end: usize) {
        let block = &self.open[self.start..end];
        if !block.trim().is_empty() {
            self.closed.push(block.into());
        }
        self.start = end;
        self.examined = end;
        self.kind = None;
        self.after_blank = false;
    }
}

impl Fence {
    /// CommonMark §4.5. Inside a list it may be indented to any depth.
    fn opened_by(line: &str, kind: Kind) -> Option<Self> {
        let mut text = line.trim_start();
        if kind == Kind::Flat && line.len() - text.len() > 3 {
            return None;
        }
        if kind == Kind::Nested {
            // A fence may follow the marker of the item: `- ```sql`.
            text = text.trim_start_matches(|c: char| c.is_ascii_digit() || "-+*.) ".contains(c));
        }
        let mark = text.chars().next().filter(|c| "`~".contains(*c))?;
        let length = text.chars().take_while(|c| *c == mark).count();
        let is_code_span = mark == '`' && text[length..].contains('`');
        let column = if kind == Kind::Nested { columns(&line[..line.len() - text.len()]) } else { 0 };
        (length >= 3 && !is_code_span).then_some(Self { mark, length, column })
    }

    fn is_closed_by(self, line: &str) -> bool {
        let text = line.trim();
        let indent = columns(&line[..line.len() - line.trim_start_matches([' ', '\t']).len()]);
        indent < self.column + 4 && text.chars().all(|c| c == self.mark) && text.len() >= self.length
    }
}

/// The width of the beginning of a line, with tab stops every four columns (CommonMark 0.31 §2.2).
fn columns(text: &str) -> usize {
    text.chars().fold(0, |columns, c| if c == '\t' { columns / 4 * 4 + 4 } else { columns + 1 })
}

fn start_of(line: &str) -> Start {
    let text = line.trim_start_matches([' ', '\t']);
    let indent = line.len() - text.len();
    if indent >= 2 || line.starts_with('\t') {
        return Start::Continues;
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let mut rest = text[digits..].chars();
    let after_mark = match (digits, rest.next()) {
        (_, None) => return Start::Undecided,
        (0, Some('-' | '+' | '*')) | (1..=9, Some('.' | ')')) => rest.next(),
        _ => return Start::Breaks,
    };
    match after_mark {
        None => Start::Undecided,
        Some(c) if c.is_whitespace() => Start::Continues,
        Some(_) => Start::Breaks,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::markdown::{Block, parse};

    fn blocks(text: &str) -> Vec<String> {
        split(text).iter().map(|block| block.trim_end().to_owned()).collect()
    }

    fn parsed_in_parts(text: &str) -> Vec<Block> {
        split(text).iter().flat_map(|block| parse(block)).collect()
    }

    #[test]
    fn blank_lines_end_paragraphs_and_tables_but_not_code() {
        let text = "One\ntwo\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sql\nselect 1\n\nfrom dual;\n```\nAfter\n";
        assert_eq!(
            blocks(text),
            ["One\ntwo", "| a | b |\n|---|---|\n| 1 | 2 |", "```sql\nselect 1\n\nfrom dual;\n```", "After"]
        );
    }

    #[test]
    fn a_list_goes_on_after_blank_lines() {
        let list = "1. one\n\n   more\n\n   ```\n   code\n\n   more code\n   ```\n\n2. two";
        assert_eq!(blocks(&format!("{list}\n\nAfter\n\n- x\n\n---\n")), [list, "After", "- x", "---"]);
    }

    #[test]
    fn a_list_right_below_a_line_of_text_is_a_list_to_its_end() {
        for text in [
            "### Steps\n1. Run:\n   ```sql\n   select 1;\n   ```\n   This shows X.\n2. Next",
            "## H\n- a\n\n    - nested",
            "### Steps\n1. Create:\n\n    ```sql\n    create user x;\n    ```\n\n2. Then",
            "### X\n- ```sql\n  select a\n\n  from b\n  ```\n\nText **after**.",
            "```markdown\n1. Step:\n\n    ```sql\n    select 1;\n    ```\n```\n\nThen **bold**.",
        ] {
            assert_eq!(parsed_in_parts(text), parse(text), "{text}");
        }
    }

    #[test]
    fn very_many_blocks_may_arrive_at_once() {
        assert_eq!(split(&"a\n\n".repeat(400_000)).len(), 400_000);
    }

    /// How many bytes are parsed when the blocks that are new after each piece are parsed, as on the page.
    fn parsed_bytes(text: &str) -> usize {
        let (mut splitter, mut parsed, mut bytes) = (Splitter::default(), vec![], 0);
        for piece in text.split_inclusive(' ') {
            splitter.push(piece);
            let blocks = splitter.blocks();
            let new = blocks.iter().enumerate().filter(|(index, block)| parsed.get(*index) != Some(*block));
            bytes += new.map(|(_, block)| block.len()).sum::<usize>();
            parsed = blocks;
        }
        bytes
    }

    #[test]
    fn a_block_that_is_closed_is_not_parsed_again() {
        const BLOCK: &str = "One two three four.\n\n";
        let one = parsed_bytes(BLOCK);
        assert!(parsed_bytes(&BLOCK.repeat(1_000)) <= 1_000 * 2 * one);
    }

    #[test]
    fn the_first_letter_after_a_list_closes_it() {
        let mut splitter = Splitter::default();
        splitter.push("- a\n\n");
        assert_eq!(splitter.closed(), 0);
        splitter.push("1");
        assert_eq!(splitter.closed(), 0, "it may become an item");
        splitter.push("0 rows");
        assert_eq!(splitter.closed(), 1);

        let mut splitter = Splitter::default();
        splitter.push("- a\n\n\r");
        assert_eq!(splitter.closed(), 0, "it may become a blank line");
    }

    #[test]
    fn an_open_fence_keeps_its_block_open() {
        for text in ["```\na\n\nb\n\n", "~~~\n```\n\n", "````\n```\n\n", "```sql\n-- `x`\n\n"] {
            assert_eq!(split(text).len(), 1, "{text:?}");
        }
        assert_eq!(split("```a``` is code\n\nb").len(), 2, "no fence");
    }

    const PIECES: [&str; 24] = [
        "word",
        " ",
        "\n",
        "\n\n",
        "- ",
        "* ",
        "1. ",
        "12",
        ")",
        "```",
        "```sql\n",
        "~~~",
        "    ",
        "  ",
        "\t",
        "> ",
        "| a | b |\n|---|---|\n",
        "# ",
        "---",
        "**",
        "`",
        "\r\n",
        "é",
        "<b>",
    ];

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
    }

    /// Whole lines, as answers have them.
    const PARTS: [&str; 30] = [
        "\n",
        "\n",
        "\n",
        "Text:\n",
        "### Heading\n",
        "- item\n",
        "- other\n",
        "1. one\n",
        "2. two\n",
        "  below\n",
        "   below\n",
        "    - nested\n",
        "  - nested\n",
        "   ```sql\n   a\n\n   b\n   ```\n",
        "    ```\n    1. a\n\n    b\n    ```\n",
        "```\na\n\n- b\n\n    ```\n```\n",
        "> quoted\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "---\n",
        "**bold** and `code`\n",
        "Heading\n===\n",
        "Heading\n---\n",
        "a <b>bold</b> word\n",
        "- [ ] task\n",
        "* item\n",
        "> - quoted\n",
        "> ```\n> quoted\n>\n> code\n> ```\n",
        "| c |\n",
        "2) two\n",
        "~~~ sql\na\n\n```\n~~~\n",
    ];

    fn answer() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..16).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn the_blocks_of_an_answer_are_parsed_as_the_whole_is(text in answer()) {
            prop_assert_eq!(parsed_in_parts(&text), parse(&text));
        }

        #[test]
        fn split_while_growing_is_the_split_of_the_whole(text in text(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
            let whole = split(&text);
            let mut splitter = Splitter::default();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            ends.extend([0, text.len()]);
            ends.retain(|end| text.is_char_boundary(*end));
            ends.sort_unstable();
            for pair in ends.windows(2) {
                splitter.push(&text[pair[0]..pair[1]]);
                prop_assert_eq!(&splitter.blocks()[..splitter.closed()], &whole[..splitter.closed()]);
            }
            prop_assert_eq!(splitter.blocks(), whole);
        }

        #[test]
        fn nothing_of_the_text_is_lost(text in text()) {
            let kept: String = split(&text).concat().split_whitespace().collect();
            prop_assert_eq!(kept, text.split_whitespace().collect::<String>());
        }
    }

    #[test]
    fn the_blocks_of_a_text_are_parsed_as_the_whole_is() {
        let text = "# Waits\n\nTwo *kinds* of `wait`:\n\n1. **db file sequential read**\n\n   One block:\n\n   ```sql\n   \
                    select event\n\n   from v$session;\n   ```\n\n2. log file sync\n   - nested\n   - list\n\n> quoted\n> \
                    text\n\n| event | ms |\n|:--|--:|\n| a | 1 |\n\nThe end.\n\n---\n\n```\nopen\n\nfence";
        assert_eq!(parsed_in_parts(text), parse(text));
    }
}
