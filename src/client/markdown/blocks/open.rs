//! The blocks that are open, and how they end.

use std::mem::take;

use super::{html, marks::Fence, references::Definitions};
use crate::client::markdown::{
    scan::trim,
    tree::{Block, DEEPEST, Inline, Table},
};

#[derive(Default)]
pub struct OpenBlocks {
    pub containers: Vec<Container>,
    pub leaf: Leaf,
    /// The lines of the leaf.
    pub text: String,
    /// What a fence says.
    pub language: String,
    /// The box that a paragraph begins with.
    pub task: Option<bool>,
    pub table: Table,
    /// How many cells its rows and others lacked.
    pub filled: usize,
    /// The line before was empty, where that makes a list loose.
    pub after_blank: bool,
    pub definitions: Definitions,
}

/// An open block that contains others.
pub struct Container {
    pub kind: Kind,
    pub blocks: Vec<Block>,
    pub items: Vec<Vec<Block>>,
}

#[derive(Clone, Copy)]
pub enum Kind {
    Root,
    Quote,
    List {
        mark: u8,
        start: Option<u64>,
        is_loose: bool,
    },
    /// Right inside a list. Its lines are indented by so many columns.
    Item {
        indent: usize,
        is_empty: bool,
    },
}

/// The open block that contains lines, in the last of the others.
#[derive(Clone, Copy, Default)]
pub enum Leaf {
    #[default]
    None,
    Paragraph,
    Indented,
    Fenced(Fence),
    Html(html::End),
    Table,
}

impl OpenBlocks {
    /// The line belongs to the open blocks only as far as a paragraph goes on without their marks.
    pub fn is_lazy(&self, matched: usize) -> bool {
        matched < self.containers.len()
    }

    /// Whether an empty line here, and more after it, make a list loose (CommonMark 0.31 §5.3).
    pub fn can_be_loose(&self) -> bool {
        !matches!(self.containers.last(), Some(Container { kind: Kind::Quote, .. }))
    }

    /// Whether a list and its item, or a quote, may be opened.
    pub fn has_room(&self) -> bool {
        self.containers.len() + 2 < DEEPEST
    }

    pub fn push(&mut self, kind: Kind) {
        self.containers.push(Container { kind, blocks: vec![], items: vec![] });
    }

    pub fn add(&mut self, block: Block) {
        if let Some(open) = self.containers.last_mut() {
            open.blocks.push(block);
        }
    }

    /// A block begins in the last of the open ones that the line belongs to.
    pub fn begin(&mut self, leaf: Leaf, matched: usize) {
        self.close_to(matched);
        self.end_leaf();
        if let Some(Container { kind: Kind::List { .. }, .. }) = self.containers.last() {
            self.close_to(self.containers.len() - 1);
        }
        self.leaf = leaf;
        let [.., list, item] = self.containers.as_mut_slice() else { return };
        if let (Kind::List { is_loose, .. }, Kind::Item { is_empty, .. }) = (&mut list.kind, &mut item.kind) {
            *is_loose |= self.after_blank && !*is_empty;
            *is_empty = false;
        }
    }

    /// So many blocks stay open.
    pub fn close_to(&mut self, length: usize) {
        if self.containers.len() > length {
            self.end_leaf();
        }
        while self.containers.len() > length {
            let Some(Container { kind, blocks, mut items }) = self.containers.pop() else { return };
            match kind {
                Kind::Root => {}
                Kind::Quote => self.add(Block::Quote(blocks)),
                Kind::Item { .. } => {
                    if let Some(list) = self.containers.last_mut() {
                        list.items.push(blocks);
                    }
                }
                Kind::List { start, is_loose, .. } => {
                    if !is_loose {
                        items.iter_mut().flatten().for_each(tighten);
                    }
                    self.add(Block::List { start, items });
                }
            }
        }
    }

    pub fn end_leaf(&mut self) {
        let block = match self.leaf {
            Leaf::None => return,
            Leaf::Paragraph => {
                self.take_definitions();
                if self.text.is_empty() && self.task.is_none() {
                    self.leaf = Leaf::None;
                    return;
                }
                Block::Paragraph(self.paragraph())
            }
            Leaf::Indented => {
                let text = take(&mut self.text);
                Block::Code { language: String::new(), text: without_blank_end(text) }
            }
            Leaf::Fenced(_) => Block::Code { language: take(&mut self.language), text: take(&mut self.text) },
            Leaf::Html(_) => Block::Paragraph(vec![Inline::Code(take(&mut self.text).trim_end().to_owned())]),
            Leaf::Table => Block::Table(take(&mut self.table)),
        };
        self.leaf = Leaf::None;
        self.add(block);
    }

    /// The definitions that the paragraph begins with.
    pub fn take_definitions(&mut self) {
        if self.task.is_none() {
            self.definitions.take_from(&mut self.text);
        }
    }

    /// What the paragraph contains, which ends.
    pub fn paragraph(&mut self) -> Vec<Inline> {
        let mut content = to_be_read(trim(&take(&mut self.text)));
        if let Some(done) = self.task.take() {
            content.insert(0, Inline::Task(done));
        }
        content
    }
}

pub fn to_be_read(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

/// CommonMark 0.31 §5.3: text in a list without blank lines is no paragraph. HTML stays as it is.
fn tighten(block: &mut Block) {
    if let Block::Paragraph(content) = block
        && !matches!(content.first(), Some(Inline::Code(_)))
    {
        *block = Block::Plain(take(content));
    }
}

fn without_blank_end(mut text: String) -> String {
    let mut end = text.len();
    while end > 0 {
        let above = text.get(..end).unwrap_or_default();
        let start = above.strip_suffix('\n').unwrap_or(above).rfind('\n').map_or(0, |at| at + 1);
        if !trim(above.get(start..).unwrap_or_default()).is_empty() {
            break;
        }
        end = start;
    }
    text.truncate(end);
    text
}
