//! What is compared of two trees.

use crate::client::markdown::tree::{Block, Inline};

/// How deep blocks contain each other. Deeper than some, marks are text for us, and left out of the judge's tree.
pub fn depth(blocks: &[Block]) -> usize {
    let within = blocks.iter().map(|block| match block {
        Block::List { items, .. } => 2 + items.iter().map(|item| depth(item)).max().unwrap_or_default(),
        Block::Quote(blocks) => 1 + depth(blocks),
        _ => 0,
    });
    within.max().unwrap_or_default()
}

/// Without blocks in which nothing is shown. And without what the judge keeps of a line's end, and of the indentation
/// after it, within raw HTML or code between backticks: CommonMark 0.31 §4.8 has it left out.
pub fn comparable(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.retain(|block| *block != Block::Plain(vec![]));
    for block in &mut blocks {
        match block {
            Block::Paragraph(content) | Block::Plain(content) | Block::Heading { content, .. } => within(content),
            Block::List { items, .. } => items.iter_mut().for_each(|item| *item = comparable(std::mem::take(item))),
            Block::Quote(blocks) => *blocks = comparable(std::mem::take(blocks)),
            Block::Table(table) => {
                table.head.iter_mut().chain(table.rows.iter_mut().flatten()).for_each(|cell| within(cell));
            }
            Block::Code { .. } | Block::Rule => {}
        }
    }
    blocks
}

fn within(content: &mut [Inline]) {
    for inline in content {
        match inline {
            Inline::Text(text) => {
                let mut lines = text.lines();
                let first = lines.next().unwrap_or_default().to_owned();
                *text = lines.fold(first, |text, line| format!("{text}\n{}", line.trim_start()));
            }
            Inline::Code(text) => {
                let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
                *text = words.join(" ");
            }
            Inline::Emphasis(content)
            | Inline::Strong(content)
            | Inline::Struck(content)
            | Inline::Link { content, .. } => within(content),
            Inline::Break | Inline::Task(_) => {}
        }
    }
}
