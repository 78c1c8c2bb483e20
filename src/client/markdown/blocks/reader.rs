//! The algorithm of CommonMark 0.31, appendix “A parsing strategy”, phase 1: each line goes on with the open blocks that
//! it can, opens new ones, and leaves its text in the last.

use super::{
    html,
    line::Line,
    marks::{self, ListMark},
    open::{Container, Kind, Leaf, OpenBlocks, to_be_read},
    references::Definitions,
    tables,
};
use crate::client::markdown::{
    inlines::entities::unescaped,
    tree::{Block, Table},
};

/// Empty cells that short rows are filled up with, in a whole text: a long head above many short rows would make of
/// little text a lot.
const MOST_FILLED: usize = 10_000;

/// What a line was to the blocks that may begin with it.
enum Start {
    /// Nothing begins here: the rest is text.
    Nothing,
    /// One that contains others, which may begin in the same line.
    Container,
    /// The whole line is used.
    Line,
}

/// The blocks, and where their references lead. Their content is one `Inline::Text` that is to be read, or one
/// `Inline::Code` that stands for text as it is.
pub fn read(text: &str) -> (Vec<Block>, Definitions) {
    let mut open = OpenBlocks::default();
    open.push(Kind::Root);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, after) = (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default());
        open.line(Line::new(line, !after.is_empty()));
        rest = after.strip_prefix("\r\n").or(after.get(1..)).unwrap_or_default();
    }
    open.close_to(1);
    open.end_leaf();
    let blocks = open.containers.pop().map_or(vec![], |root| root.blocks);
    (blocks, open.definitions)
}

impl OpenBlocks {
    fn line(&mut self, mut line: Line<'_>) {
        let mut matched = self.matched(&mut line);
        if !self.is_lazy(matched) && self.continues_leaf(&mut line) {
            return;
        }
        let mut has_begun = false;
        loop {
            match self.start(&mut line, matched) {
                Start::Nothing => break,
                Start::Container => matched = self.containers.len(),
                Start::Line => {
                    self.after_blank = false;
                    return;
                }
            }
            has_begun = true;
        }
        if line.is_blank() {
            self.close_to(matched);
            self.end_leaf();
            self.after_blank = !has_begun && self.can_be_loose();
            return;
        }
        self.text(&line, matched);
        self.after_blank = false;
    }

    /// How many of the open blocks this line belongs to. Their marks are left out of it.
    fn matched(&self, line: &mut Line<'_>) -> usize {
        for (index, open) in self.containers.iter().enumerate() {
            let is_matched = match open.kind {
                Kind::Root | Kind::List { .. } => true,
                Kind::Quote => line.indent() < 4 && skip_quote_mark(line),
                Kind::Item { indent, is_empty } => {
                    let belongs = if line.is_blank() { !is_empty } else { line.indent() >= indent };
                    if belongs {
                        line.skip(indent);
                    }
                    belongs
                }
            };
            if !is_matched {
                return index;
            }
        }
        self.containers.len()
    }

    /// Code and HTML take lines as they are.
    fn continues_leaf(&mut self, line: &mut Line<'_>) -> bool {
        let is_blank = line.is_blank();
        match self.leaf {
            Leaf::Fenced(fence) if line.indent() < 4 && fence.is_closed_by(line.text()) => self.end_leaf(),
            Leaf::Fenced(fence) => {
                line.skip(fence.indent);
                line.copy_to(&mut self.text);
            }
            Leaf::Indented if is_blank || line.indent() >= 4 => {
                line.skip(4);
                line.copy_to(&mut self.text);
                self.after_blank = is_blank && self.can_be_loose();
                return true;
            }
            Leaf::Html(html::End::Blank) if is_blank => return false,
            Leaf::Html(end) => {
                line.copy_to(&mut self.text);
                if end.is_in(line.text()) {
                    self.end_leaf();
                }
            }
            _ => return false,
        }
        self.after_blank = false;
        true
    }

    fn start(&mut self, line: &mut Line<'_>, matched: usize) -> Start {
        let (indent, text, is_lazy) = (line.indent(), line.text(), self.is_lazy(matched));
        let in_paragraph = matches!(self.leaf, Leaf::Paragraph);
        let in_table = matches!(self.leaf, Leaf::Table) && !is_lazy;
        if text.is_empty() {
            return Start::Nothing;
        }
        if indent >= 4 {
            if in_paragraph || in_table {
                return Start::Nothing;
            }
            self.begin(Leaf::Indented, matched);
            line.skip(4);
            line.copy_to(&mut self.text);
            return Start::Line;
        }
        if text.starts_with('>') && self.has_room() {
            self.begin(Leaf::None, matched);
            skip_quote_mark(line);
            self.push(Kind::Quote);
            return Start::Container;
        }
        if let Some((level, content)) = marks::atx_heading(text) {
            self.begin(Leaf::None, matched);
            self.add(Block::Heading { level, content: to_be_read(content) });
            return Start::Line;
        }
        if let Some((fence, info)) = marks::fence(text, indent) {
            self.begin(Leaf::Fenced(fence), matched);
            self.language = language(info);
            return Start::Line;
        }
        if text.starts_with('<')
            && let Some(end) = html::begins(text, in_paragraph || in_table)
        {
            self.begin(Leaf::Html(end), matched);
            line.copy_to(&mut self.text);
            if end.is_in(text) {
                self.end_leaf();
            }
            return Start::Line;
        }
        if in_paragraph && !is_lazy && (self.becomes_table(text) || self.becomes_heading(text)) {
            return Start::Line;
        }
        if marks::is_thematic_break(text) {
            self.begin(Leaf::None, matched);
            self.add(Block::Rule);
            return Start::Line;
        }
        match marks::list_mark(text) {
            // CommonMark 0.31 §5.2: or wrapped text would make lists.
            Some(mark) if in_paragraph && !is_lazy && (mark.is_empty || mark.start.unwrap_or(1) != 1) => Start::Nothing,
            Some(mark) if self.has_room() => {
                self.item(line, matched, mark);
                Start::Container
            }
            _ => Start::Nothing,
        }
    }

    fn item(&mut self, line: &mut Line<'_>, matched: usize, ListMark { mark, start, width, .. }: ListMark) {
        self.close_to(matched);
        match self.containers.last_mut().map(|open| &mut open.kind) {
            Some(Kind::List { mark: same, is_loose, .. }) if *same == mark => *is_loose |= self.after_blank,
            _ => {
                self.begin(Leaf::None, matched);
                self.push(Kind::List { mark, start, is_loose: false });
            }
        }
        let before = line.indent();
        line.skip(before);
        line.skip_mark(width);
        // An item that begins with an empty line, or with indented code.
        let after = if line.is_blank() || line.indent() > 4 { 1 } else { line.indent() };
        line.skip(after);
        self.push(Kind::Item { indent: before + width + after, is_empty: true });
    }

    /// The paragraph's last line becomes the head of a table.
    fn becomes_table(&mut self, text: &str) -> bool {
        let Some(alignments) = tables::alignments(text) else { return false };
        let head_start = self.text.rfind('\n').map_or(0, |at| at + 1);
        let head = self.text.get(head_start..).unwrap_or_default();
        let cells = tables::cells(head);
        // In the middle of a paragraph it must look like one.
        let is_head = head.starts_with('|') || head_start == 0 && tables::has_pipe(head);
        if !is_head || cells.len() != alignments.len() {
            return false;
        }
        self.text.truncate(head_start);
        self.begin(Leaf::Table, self.containers.len());
        self.table = Table { alignments, head: cells, rows: vec![] };
        true
    }

    fn becomes_heading(&mut self, text: &str) -> bool {
        let Some(level) = marks::setext_underline(text) else { return false };
        self.take_definitions();
        if self.text.is_empty() {
            return false;
        }
        let content = self.paragraph();
        self.leaf = Leaf::None;
        self.add(Block::Heading { level, content });
        true
    }

    /// A line that begins nothing.
    fn text(&mut self, line: &Line<'_>, matched: usize) {
        if matches!(self.leaf, Leaf::Table) && !self.is_lazy(matched) && self.row(line.text()) {
            return;
        }
        if !matches!(self.leaf, Leaf::Paragraph) {
            self.begin(Leaf::Paragraph, matched);
        }
        let mut text = line.text();
        if let (Some(Container { kind: Kind::Item { .. }, blocks, .. }), true) =
            (self.containers.last(), self.text.is_empty())
            && blocks.is_empty()
            && self.task.is_none()
            && let Some((done, rest)) = marks::task(text)
        {
            self.task = Some(done);
            text = rest;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    fn row(&mut self, text: &str) -> bool {
        let mut cells = tables::cells(text);
        let columns = self.table.head.len();
        cells.truncate(columns);
        let is_row = !cells.is_empty();
        while is_row && cells.len() < columns && self.filled < MOST_FILLED {
            self.filled += 1;
            cells.push(vec![]);
        }
        if is_row {
            self.table.rows.push(cells);
        }
        is_row
    }
}

fn skip_quote_mark(line: &mut Line<'_>) -> bool {
    let is_quote = line.text().starts_with('>');
    if is_quote {
        line.skip(line.indent());
        line.skip_mark(1);
        line.skip(1);
    }
    is_quote
}

/// The first word that a fence says.
fn language(info: &str) -> String {
    let info = unescaped(info);
    info.split([' ', ',', '{']).next().unwrap_or_default().to_owned()
}
