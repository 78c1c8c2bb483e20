//! A table of an answer, which may be wider than the text around it. One that fits keeps its head in view while the
//! conversation is scrolled; any other scrolls in a box of its own, also by keyboard.

use dioxus::prelude::*;

use super::{Icon, copy_button::CopyButton, icon_button, markdown::render_inlines};
use crate::client::{
    language::{Language, use_language},
    markdown::tree::{Align, Table},
    platform::files,
};

const FILE_NAME: &str = "table.csv";

#[component]
pub fn AnswerTable(table: Table) -> Element {
    let language = use_language().get();
    let messages = &language.catalog().answer;
    // In pixels. Until both are known, it counts as one that fits.
    let (mut box_width, mut table_width) = (use_signal(|| f64::MAX), use_signal(|| 0.0));
    let fits = use_memo(move || table_width() < box_width() + 1.0);
    let markdown = table.markdown();
    let saved = table.clone();
    let save = move || files::save(FILE_NAME, "text/csv", &saved.csv(separator(language)));
    let class = |column| match table.align(column) {
        Align::Right => "right",
        Align::Center => "center",
        Align::Left | Align::Unset => "",
    };
    rsx! {
        div { class: "wide table-of-answer",
            div {
                div { class: "table-actions",
                    CopyButton { label: messages.copy_table, text: markdown, is_markdown: true }
                    {icon_button("quiet icon", Icon::Sheet, messages.download_csv, save)}
                }
                div {
                    class: if fits() { "table fits" } else { "table" },
                    role: "region",
                    "aria-label": messages.table_label,
                    tabindex: 0,
                    onresize: move |event| box_width.set(event.get_content_box_size().map_or(f64::MAX, |size| size.width)),
                    table { dir: "auto",
                        onresize: move |event| table_width.set(event.get_border_box_size().map_or(0.0, |size| size.width)),
                        thead {
                            tr {
                                for (column, cell) in table.head.iter().enumerate() {
                                    th { scope: "col", class: class(column), dir: "auto", {render_inlines(cell.clone())} }
                                }
                            }
                        }
                        tbody {
                            for row in table.rows.iter() {
                                tr {
                                    for (column, cell) in row.iter().enumerate() {
                                        td { class: class(column), dir: "auto", {render_inlines(cell.clone())} }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What spreadsheets expect between the cells: where the comma is in numbers, a semicolon.
fn separator(language: Language) -> char {
    match language {
        Language::English => ',',
        Language::French => ';',
    }
}
