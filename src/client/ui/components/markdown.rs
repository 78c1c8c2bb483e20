//! Markdown as elements of the page.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    code::{Code, CodeText},
    link::Link,
};
use crate::client::{
    language::{Language, use_catalog},
    markdown::{
        Block, Inline, parse,
        tree::{Align, Table, plain},
    },
};

/// Blocks of one text. Those that stay as they are, are neither parsed nor compared again.
#[component]
pub fn Markdown(
    blocks: Vec<Rc<str>>,
    /// What it is written in, where that is known.
    language: Option<Language>,
) -> Element {
    rsx! {
        div { class: "markdown", dir: "auto", lang: language.map(Language::tag),
            for (index, source) in blocks.into_iter().enumerate() {
                Part { key: "{index}", source }
            }
        }
    }
}

#[component]
fn Part(source: Rc<str>) -> Element {
    rsx! {
        for block in parse(&source) {
            {of_block(block)}
        }
    }
}

fn of_block(block: Block) -> Element {
    match block {
        Block::Paragraph(content) => rsx! { p { {of_inlines(content)} } },
        Block::Plain(content) => of_inlines(content),
        // The page's own headings are above those of an answer.
        Block::Heading { level: 1, content } => rsx! { h3 { class: "level-1", {of_inlines(content)} } },
        Block::Heading { level: 2, content } => rsx! { h4 { class: "level-2", {of_inlines(content)} } },
        Block::Heading { level: 3, content } => rsx! { h5 { {of_inlines(content)} } },
        Block::Heading { content, .. } => rsx! { h6 { {of_inlines(content)} } },
        Block::List { start: None, items } => rsx! { ul { {of_items(items)} } },
        Block::List { start: Some(start), items } => rsx! { ol { start: start as i64, {of_items(items)} } },
        Block::Quote(blocks) => rsx! {
            blockquote {
                for block in blocks {
                    {of_block(block)}
                }
            }
        },
        Block::Code { language, text } => rsx! { Code { language, text } },
        Block::Table(table) => rsx! { TableBox { table } },
        Block::Rule => rsx! { hr {} },
    }
}

fn of_items(items: Vec<Vec<Block>>) -> Element {
    rsx! {
        for item in items {
            li {
                for block in item {
                    {of_block(block)}
                }
            }
        }
    }
}

fn of_inlines(content: Vec<Inline>) -> Element {
    rsx! {
        for inline in content {
            {of_inline(inline)}
        }
    }
}

fn of_inline(inline: Inline) -> Element {
    match inline {
        Inline::Text(text) => rsx! { {text} },
        Inline::Code(text) => rsx! { code { CodeText { text } } },
        Inline::Emphasis(content) => rsx! { em { {of_inlines(content)} } },
        Inline::Strong(content) => rsx! { strong { {of_inlines(content)} } },
        Inline::Struck(content) => rsx! { s { {of_inlines(content)} } },
        Inline::Link { to, content } => rsx! {
            Link { to, text: plain(&content), {of_inlines(content)} }
        },
        Inline::Break => rsx! { br {} },
        Inline::Task(done) => rsx! { if done { "☑ " } else { "☐ " } },
    }
}

/// Scrolls in its own box, by keyboard too.
#[component]
fn TableBox(table: Table) -> Element {
    let messages = &use_catalog().answer;
    let class = |column| match table.align(column) {
        Align::Right => "right",
        Align::Center => "center",
        Align::Left | Align::Unset => "",
    };
    rsx! {
        div { class: "table", role: "region", "aria-label": messages.table, tabindex: 0,
            table {
                thead {
                    tr {
                        for (column, cell) in table.head.iter().enumerate() {
                            th { scope: "col", class: class(column), {of_inlines(cell.clone())} }
                        }
                    }
                }
                tbody {
                    for row in table.rows.iter() {
                        tr {
                            for (column, cell) in row.iter().enumerate() {
                                td { class: class(column), {of_inlines(cell.clone())} }
                            }
                        }
                    }
                }
            }
        }
    }
}
