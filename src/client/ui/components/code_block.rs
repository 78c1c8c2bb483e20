//! A block of code: what language it is in, and a button that copies it. Characters that are not seen are marked, and
//! copied as they are: a line above the code says so.

use dioxus::prelude::*;

use super::copy_button::CopyButton;
use crate::client::{
    language::use_catalog,
    markdown::{
        hidden::{Piece, has_hidden, name, pieces},
        sql::{Kind, State, is_sql, lines, tokens},
    },
};

/// Finds the code of a block, for the shortcut that copies the last one.
pub const CODE: &str = ".code code";

#[component]
pub fn Code(language: String, text: String) -> Element {
    let messages = &use_catalog().answer;
    let label = if language.is_empty() { messages.code.to_owned() } else { language.clone() };
    rsx! {
        div { class: "code",
            div { class: "code-bar",
                span { class: "code-language", {label.clone()} }
                CopyButton { label: messages.copy_code, text: text.clone() }
            }
            if has_hidden(&text) {
                p { class: "hidden-characters", {messages.hidden_characters} }
            }
            pre { tabindex: 0, role: "region", "aria-label": label,
                code { translate: "no", dir: "ltr",
                    if is_sql(&language) {
                        for (index, (state, line)) in lines(&text).into_iter().enumerate() {
                            SqlLine { key: "{index}", state, line: line.to_owned() }
                        }
                    } else {
                        CodeText { text }
                    }
                }
            }
        }
    }
}

/// Coloured again only when it has changed.
#[component]
fn SqlLine(state: State, line: String) -> Element {
    rsx! {
        for (kind, piece) in tokens(&line, state).0 {
            match class(kind) {
                Some(class) => rsx! { span { class, CodeText { text: piece } } },
                None => rsx! { CodeText { text: piece } },
            }
        }
    }
}

/// The text of code. What is shown in the place of a hidden character is the style sheet's, so the text of the element is
/// the code.
#[component]
pub fn CodeText(text: String) -> Element {
    rsx! {
        for piece in pieces(&text) {
            match piece {
                Piece::Seen(text) => rsx! { {text} },
                Piece::Hidden(c) => rsx! {
                    span { class: "hidden-character", role: "img", "aria-label": name(c), "data-name": name(c), "{c}" }
                },
            }
        }
    }
}

fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain => None,
        Kind::Keyword => Some("keyword"),
        Kind::Text => Some("string"),
        Kind::Number => Some("number"),
        Kind::Comment => Some("comment"),
        Kind::Hint => Some("hint"),
        Kind::Variable => Some("variable"),
    }
}
