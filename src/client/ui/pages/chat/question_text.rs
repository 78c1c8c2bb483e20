//! The text of a question. A long one is folded, and what stands in columns is shown in a fixed pitch.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::client::{
    chat::question_blocks::{Block, blocks},
    language::use_catalog,
    ui::components::text_span,
};

/// A question of more lines is folded.
const MOST_LINES: usize = 12;

/// A question of more characters is folded, too: one line may fill the window.
const MOST_CHARS: usize = 2_000;

#[component]
pub fn QuestionText(text: Rc<str>) -> Element {
    let messages = &use_catalog().files;
    let mut is_open = use_signal(|| false);
    let lines = text.lines().count();
    let start = start_of(&text);
    let is_long = start.len() < text.len();
    let shown = if is_open() { &*text } else { start };
    let label = match is_open() {
        true => messages.show_less.to_owned(),
        false if lines > MOST_LINES => (messages.show_all_lines)(lines),
        false => messages.show_all.to_owned(),
    };
    rsx! {
        div { class: "text", dir: "auto",
            for (index, block) in blocks(shown).into_iter().enumerate() {
                QuestionBlock { key: "{index}", block }
            }
            if is_long {
                button { class: "quiet fold", r#type: "button", "aria-expanded": is_open(), onclick: move |_| is_open.set(!is_open()), {text_span(label)} }
            }
        }
    }
}

#[component]
fn QuestionBlock(block: Block) -> Element {
    let label = use_catalog().files.columns;
    match block.is_in_columns {
        true => rsx! {
            pre { class: "columns", tabindex: 0, role: "group", "aria-label": label, dir: "ltr", {text_span(block.text)} }
        },
        false => rsx! { p { dir: "auto", {text_span(block.text)} } },
    }
}

/// As much as is shown of a long question; all of a short one.
fn start_of(text: &str) -> &str {
    let lines = text.split_inclusive('\n');
    let after_lines = lines.take(MOST_LINES).map(str::len).sum();
    let after_chars = text.char_indices().nth(MOST_CHARS).map_or(text.len(), |(end, _)| end);
    let end = text.len().min(after_lines).min(after_chars);
    if end < text.len() { text[..end].trim_end() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_shown_up_to_its_twelfth_line() {
        let twelve = "line\n".repeat(11) + "line";
        assert_eq!(start_of(&twelve), twelve);
        assert_eq!(start_of(&format!("{twelve}\nmore")), twelve);
        assert_eq!(start_of(&"é".repeat(3_000)).chars().count(), MOST_CHARS);
        assert_eq!(start_of(""), "");
    }
}
