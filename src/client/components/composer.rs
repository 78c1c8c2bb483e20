//! Where the person writes.

use dioxus::prelude::*;

use crate::{client::language::use_catalogue, wire::chat::MAX_MESSAGE_CHARS};

/// The text field's id, for focus.
pub const COMPOSER: &str = "composer";

#[component]
pub fn Composer(
    draft: String,
    /// An answer is under way: there is something to stop, and nothing can be sent.
    answering: bool,
    on_input: EventHandler<String>,
    on_send: EventHandler<()>,
    on_stop: EventHandler<()>,
) -> Element {
    let words = &use_catalogue().chat;
    let nothing_to_send = draft.trim().is_empty();
    let send = move |event: KeyboardEvent| {
        // An input method uses Enter to choose characters.
        if event.key() == Key::Enter && !event.modifiers().shift() && !event.is_composing() {
            event.prevent_default();
            if !answering && !nothing_to_send {
                on_send.call(());
            }
        }
    };
    rsx! {
        form {
            class: "composer",
            onsubmit: move |event| {
                event.prevent_default();
                on_send.call(());
            },
            textarea {
                id: COMPOSER,
                "aria-label": words.message,
                placeholder: words.placeholder,
                rows: 1,
                maxlength: MAX_MESSAGE_CHARS as i64,
                autofocus: true,
                dir: "auto",
                value: draft,
                oninput: move |event| on_input.call(event.value()),
                onkeydown: send,
            }
            // One button in one place: focus stays on it when it changes.
            button {
                r#type: if answering { "button" } else { "submit" },
                class: "primary",
                disabled: !answering && nothing_to_send,
                onclick: move |_| {
                    if answering {
                        on_stop.call(());
                    }
                },
                if answering { {words.stop} } else { {words.send} }
            }
        }
    }
}
