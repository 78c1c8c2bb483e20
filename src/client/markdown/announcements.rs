//! Cuts a growing answer into whole sentences, which screen readers announce while it is written.

use super::{
    parse,
    split::Splitter,
    tree::{Block, Inline, plain_text},
};
use crate::client::language::Catalog;

/// How much of an answer was announced, as numbers of blocks and sentences: the text of the open block may still
/// change. `**bold` loses its asterisks once `**` follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    blocks: usize,
    /// In the open block.
    sentences: usize,
}

impl Announced {
    /// The whole sentences that were not announced yet. Once the answer has `ended`, all of them are whole.
    pub fn next(&mut self, text: &Splitter, ended: bool, catalog: &Catalog) -> Vec<String> {
        let mut new = vec![];
        let blocks = text.blocks();
        for (index, block) in blocks.iter().enumerate().skip(self.blocks) {
            let mut sentences = vec![];
            let is_closed = index < text.closed() || ended;
            let mut tree = parse(block);
            if !is_closed {
                // Code and tables are announced with the number of their lines or rows, which still grows.
                let known = tree.iter().take_while(|block| !matches!(block, Block::Code { .. } | Block::Table(_)));
                tree.truncate(known.count());
            }
            add_blocks(&tree, catalog, &mut sentences);
            let whole = if is_closed { sentences.len() } else { sentences.len().saturating_sub(1) };
            let announced = std::mem::take(&mut self.sentences);
            new.extend(sentences.into_iter().take(whole).skip(announced));
            if is_closed {
                self.blocks = index + 1;
            } else {
                self.sentences = whole.max(announced);
            }
        }
        new
    }
}

fn add_blocks(blocks: &[Block], catalog: &Catalog, sentences: &mut Vec<String>) {
    let messages = &catalog.answer;
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Plain(content) | Block::Heading { content, .. } => {
                add_text(content, sentences);
            }
            Block::List { items, .. } => items.iter().for_each(|item| add_blocks(item, catalog, sentences)),
            Block::Quote(blocks) => add_blocks(blocks, catalog, sentences),
            Block::Code { language, text } => {
                sentences.push((messages.code_announcement)(language, text.lines().count()))
            }
            Block::Table(table) => sentences.push((messages.table_announcement)(table.rows.len())),
            Block::Rule => {}
        }
    }
}

fn add_text(content: &[Inline], sentences: &mut Vec<String>) {
    let text = plain_text(content);
    let mut start = 0;
    for (at, mark) in text.char_indices().filter(|(_, c)| ".?!…".contains(*c)) {
        let end = at + mark.len_utf8();
        let after = &text[end..];
        // The dots in `v$sql.sql_id` and “e.g.” end no sentence.
        let is_end = after.starts_with(char::is_whitespace) && !after.trim_start().starts_with(char::is_lowercase);
        if is_end && end > start {
            add_sentence(&text[start..end], sentences);
            start = end;
        }
    }
    add_sentence(&text[start..], sentences);
}

fn add_sentence(sentence: &str, sentences: &mut Vec<String>) {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    if !words.is_empty() {
        sentences.push(words.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::language::Language;

    /// What is announced when the text arrives in pieces of `step` bytes.
    fn announced(text: &str, step: usize) -> Vec<String> {
        let catalog = Language::English.catalog();
        let (mut splitter, mut announced, mut sentences) = (Splitter::default(), Announced::default(), vec![]);
        for piece in text.as_bytes().chunks(step) {
            splitter.push(std::str::from_utf8(piece).unwrap());
            sentences.extend(announced.next(&splitter, false, catalog));
        }
        sentences.extend(announced.next(&splitter, true, catalog));
        sentences
    }

    const TEXT: &str = "# Waits\n\nFirst, **look** at v$session.event, e.g. for locks. Then wait! It is\nlong.\n\n- one. Two\n- \
                        three\n\n```sql\nselect 1\n\nfrom dual;\n```\n\n| a |\n|---|\n| 1 |\n\nThe end";

    #[test]
    fn every_sentence_is_announced_once_in_any_split_of_the_stream() {
        let expected = [
            "Waits",
            "First, look at v$session.event, e.g. for locks.",
            "Then wait!",
            "It is long.",
            "one.",
            "Two",
            "three",
            "sql code, 3 lines.",
            "Table of 1 row.",
            "The end",
        ];
        for step in [1, 2, 3, 7, 50, 1000] {
            assert_eq!(announced(TEXT, step), expected, "in pieces of {step}");
        }
    }

    #[test]
    fn nothing_is_announced_before_its_sentence_is_whole() {
        let mut splitter = Splitter::default();
        splitter.push("One is whole. Two is n");
        let catalog = Language::English.catalog();
        assert_eq!(Announced::default().next(&splitter, false, catalog), ["One is whole."]);
    }
}
