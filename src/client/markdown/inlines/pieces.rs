//! A text in pieces, and the tree that they make.

use super::reader::Reader;
use crate::client::markdown::{
    blocks::references::Definitions,
    tree::{Block, DEEPEST, Inline, link},
};

/// From `start` to `end` of the text.
#[derive(Clone, Copy)]
pub struct Piece {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is shown of it.
    Gone,
    Text,
    Code,
    Character(char),
    Break,
    Opens(Style),
    Closes(Style),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Emphasis,
    Strong,
    Struck,
    /// To one of the reader's targets.
    Link(usize),
}

/// Reads the content of all those blocks, in so many others.
pub fn in_blocks(blocks: &mut [Block], definitions: &Definitions, depth: usize) {
    for block in blocks {
        match block {
            Block::Plain(content) => in_content(content, definitions, depth),
            Block::Paragraph(content) | Block::Heading { content, .. } => in_content(content, definitions, depth + 1),
            Block::List { items, .. } => items.iter_mut().for_each(|item| in_blocks(item, definitions, depth + 2)),
            Block::Quote(blocks) => in_blocks(blocks, definitions, depth + 1),
            Block::Table(table) => {
                for cell in table.head.iter_mut().chain(table.rows.iter_mut().flatten()) {
                    in_content(cell, definitions, depth + 3);
                }
            }
            Block::Code { .. } | Block::Rule => {}
        }
    }
}

/// What the blocks' reader left: one text to be read, or one to be taken as it is.
fn in_content(content: &mut Vec<Inline>, definitions: &Definitions, depth: usize) {
    match content.pop() {
        Some(Inline::Text(text)) => {
            let reader = Reader::read(&text, definitions);
            let before = std::mem::take(content);
            *content = Tree { text: &text, depth, too_deep: 0, open: vec![(Style::Emphasis, before)] }.of(&reader);
        }
        Some(Inline::Code(text)) => content.push(Inline::Text(text)),
        Some(other) => content.push(other),
        None => {}
    }
}

struct Tree<'a> {
    text: &'a str,
    depth: usize,
    too_deep: usize,
    /// What is open, and what it contains so far. The first is the whole.
    open: Vec<(Style, Vec<Inline>)>,
}

impl Tree<'_> {
    fn of(mut self, reader: &Reader<'_>) -> Vec<Inline> {
        for piece in &reader.pieces {
            let text = self.text.get(piece.start..piece.end).unwrap_or_default();
            match piece.kind {
                Kind::Gone => {}
                Kind::Text => self.text(text),
                Kind::Code => self.add(Inline::Code(code(text))),
                Kind::Character(character) => self.text(character.encode_utf8(&mut [0; 4])),
                Kind::Break => self.add(Inline::Break),
                Kind::Opens(_) if self.depth + self.open.len() > DEEPEST => self.too_deep += 1,
                Kind::Opens(style) => self.open.push((style, vec![])),
                Kind::Closes(_) if self.too_deep > 0 => self.too_deep -= 1,
                Kind::Closes(_) => self.close(&reader.targets),
            }
        }
        self.open.pop().map_or(vec![], |(_, content)| content)
    }

    fn text(&mut self, more: &str) {
        match self.open.last_mut().map(|(_, content)| (content.last_mut(), more)) {
            Some((Some(Inline::Text(text)), _)) => text.push_str(more),
            _ => self.add(Inline::Text(more.to_owned())),
        }
    }

    fn add(&mut self, inline: Inline) {
        if let Some((_, content)) = self.open.last_mut() {
            content.push(inline);
        }
    }

    fn close(&mut self, targets: &[Option<String>]) {
        let Some((style, content)) = self.open.pop() else { return };
        // An image in a link is the link's text.
        let is_in_link = self.open.iter().any(|(style, _)| match style {
            Style::Link(target) => matches!(targets.get(*target), Some(Some(_))),
            _ => false,
        });
        self.add(match style {
            Style::Emphasis => Inline::Emphasis(content),
            Style::Strong => Inline::Strong(content),
            Style::Struck => Inline::Struck(content),
            Style::Link(target) => match targets.get(target) {
                Some(Some(to)) if !is_in_link => link(to.clone(), content),
                // Without a place to lead to, its text alone is left.
                _ => {
                    if let Some((_, outer)) = self.open.last_mut() {
                        outer.extend(content);
                    }
                    return;
                }
            },
        });
    }
}

/// CommonMark 0.31 §6.1.
fn code(text: &str) -> String {
    let text = text.replace('\n', " ");
    let inner = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
    match inner {
        Some(inner) if !inner.bytes().all(|byte| byte == b' ') => inner.to_owned(),
        _ => text,
    }
}
