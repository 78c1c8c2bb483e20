//! A block of code: a bar that stays in view, with the language and what can be done with the code, and the code, which may be
//! wider than the text around it. Hidden characters are marked, but copied unchanged; a warning above the code says so.

use dioxus::prelude::*;

use super::{Icon, copy_button::CopyButton, icon, icon_button, text_span};
use crate::client::{
    language::use_catalog,
    markdown::{
        hidden_characters::{Piece, code_point, has_hidden, pieces},
        syntax::{Kind, State, Syntax, file_extension, lines, tokens},
    },
    platform::files,
};

/// Selects the code of all blocks, for the shortcut that copies the last one.
pub const CODE_SELECTOR: &str = ".code code";

#[component]
pub fn CodeBlock(language: String, text: String) -> Element {
    let messages = &use_catalog().answer;
    let mut wraps = use_signal(|| false);
    let label = if language.is_empty() { messages.code_label.to_owned() } else { language.clone() };
    let (name, code) = (format!("code.{}", file_extension(&language)), text.clone());
    let download = move || files::save(&name, "text/plain", &code);
    rsx! {
        div { class: "wide",
            div { class: if wraps() { "code wraps" } else { "code" }, dir: "ltr",
                div { class: "code-bar",
                    span { class: "code-language", translate: "no", {text_span(label.clone())} }
                    button {
                        class: "quiet icon",
                        r#type: "button",
                        "aria-label": messages.wrap_code,
                        title: messages.wrap_code,
                        "aria-pressed": wraps(),
                        onclick: move |_| wraps.toggle(),
                        {icon(Icon::Wrap)}
                    }
                    {icon_button("quiet icon", Icon::Download, messages.download_code, download)}
                    CopyButton { label: messages.copy_code, text: text.clone() }
                }
                if has_hidden(&text) {
                    p { class: "hidden-characters", dir: "auto", {text_span(messages.hidden_characters_warning)} }
                }
                pre { tabindex: 0, role: "region", "aria-label": label,
                    code { translate: "no",
                        if let Some(syntax) = Syntax::of(&language) {
                            for (index, (state, line)) in lines(&text, syntax).into_iter().enumerate() {
                                CodeLine { key: "{index}", syntax, state, line: line.to_owned() }
                            }
                        } else {
                            CodeText { text }
                        }
                    }
                }
            }
        }
    }
}

/// A component of its own, so that only lines that have changed are highlighted again.
#[component]
fn CodeLine(syntax: Syntax, state: State, line: String) -> Element {
    rsx! {
        for (kind, piece) in tokens(&line, syntax, state).0 {
            match css_class(kind) {
                Some(class) => rsx! { span { class, CodeText { text: piece } } },
                None => rsx! { CodeText { text: piece } },
            }
        }
    }
}

/// The text of code. The style sheet shows the code point in place of a hidden character, so that the text of the
/// element stays the code.
#[component]
pub fn CodeText(text: String) -> Element {
    rsx! {
        for piece in pieces(&text) {
            match piece {
                Piece::Visible(text) => text_span(text),
                Piece::Hidden(c) => rsx! {
                    span { class: "hidden-character", role: "img", "aria-label": code_point(c), "data-name": code_point(c), {text_span(c)} }
                },
            }
        }
    }
}

fn css_class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain => None,
        Kind::Keyword => Some("keyword"),
        Kind::String => Some("string"),
        Kind::Number => Some("number"),
        Kind::Comment => Some("comment"),
        Kind::Hint => Some("hint"),
        Kind::Variable => Some("variable"),
        Kind::Name => Some("name"),
    }
}
