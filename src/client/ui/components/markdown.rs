//! Renders the Markdown of an answer as elements.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    answer_link::AnswerLink,
    code_block::{CodeBlock, CodeText},
    table::AnswerTable,
    text_span,
};
use crate::client::{
    language::Language,
    markdown::{Block, Inline, parse, tree::plain_text},
};

/// The blocks of one text. Each is a component, so that only blocks that have changed are parsed again.
#[component]
pub fn Markdown(
    blocks: Vec<Rc<str>>,
    /// The language of the text, if it is known.
    language: Option<Language>,
) -> Element {
    rsx! {
        div { class: "markdown", lang: language.map(Language::tag),
            for (index, source) in blocks.into_iter().enumerate() {
                MarkdownBlock { key: "{index}", source }
            }
        }
    }
}

#[component]
fn MarkdownBlock(source: Rc<str>) -> Element {
    rsx! {
        for block in parse(&source) {
            {render_block(block)}
        }
    }
}

fn render_block(block: Block) -> Element {
    match block {
        Block::Paragraph(content) => rsx! { p { dir: "auto", {render_inlines(content)} } },
        Block::Plain(content) => render_inlines(content),
        // Below the headings of the page, h1 and h2.
        Block::Heading { level: 1, content } => {
            rsx! { h3 { class: "level-1", dir: "auto", {render_inlines(content)} } }
        }
        Block::Heading { level: 2, content } => {
            rsx! { h4 { class: "level-2", dir: "auto", {render_inlines(content)} } }
        }
        Block::Heading { level: 3, content } => rsx! { h5 { dir: "auto", {render_inlines(content)} } },
        Block::Heading { content, .. } => rsx! { h6 { dir: "auto", {render_inlines(content)} } },
        Block::List { start: None, items } => rsx! { ul { dir: "auto", {render_items(items)} } },
        Block::List { start: Some(start), items } => {
            rsx! { ol { start: start as i64, dir: "auto", {render_items(items)} } }
        }
        Block::Quote(blocks) => rsx! {
            blockquote { dir: "auto",
                for block in blocks {
                    {render_block(block)}
                }
            }
        },
        Block::Code { language, text } => rsx! { CodeBlock { language, text } },
        Block::Table(table) => rsx! { AnswerTable { table } },
        Block::Rule => rsx! { hr {} },
    }
}

fn render_items(items: Vec<Vec<Block>>) -> Element {
    rsx! {
        for item in items {
            li {
                for block in item {
                    {render_block(block)}
                }
            }
        }
    }
}

pub fn render_inlines(content: Vec<Inline>) -> Element {
    rsx! {
        for inline in content {
            {render_inline(inline)}
        }
    }
}

fn render_inline(inline: Inline) -> Element {
    match inline {
        Inline::Text(text) => text_span(text),
        Inline::Code(text) => rsx! { code { dir: "ltr", CodeText { text } } },
        Inline::Emphasis(content) => rsx! { em { {render_inlines(content)} } },
        Inline::Strong(content) => rsx! { strong { {render_inlines(content)} } },
        Inline::Strikethrough(content) => rsx! { s { {render_inlines(content)} } },
        Inline::Link { to, content } => rsx! {
            AnswerLink { to, text: plain_text(&content), {render_inlines(content)} }
        },
        Inline::Break => rsx! { br {} },
        Inline::Task(done) => text_span(if done { "☑ " } else { "☐ " }),
    }
}
