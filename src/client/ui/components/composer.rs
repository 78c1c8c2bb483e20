//! Where the person writes.

use dioxus::prelude::*;

use crate::{
    client::{platform::listeners, ui::language::use_catalogue},
    wire::chat::MAX_MESSAGE_CHARS,
};

/// The text field's id, for focus.
pub const COMPOSER: &str = "composer";

/// Browsers that do not size a field by its content get this many rows at most.
const MOST_ROWS: usize = 12;

#[component]
pub fn Composer(
    draft: String,
    /// An answer is under way: there is something to stop, and nothing can be sent.
    answering: bool,
    on_input: EventHandler<String>,
    on_send: EventHandler<()>,
    on_stop: EventHandler<()>,
    /// The person wants to mend what they asked last.
    on_edit_last: EventHandler<()>,
) -> Element {
    let words = &use_catalogue().chat;
    let is_empty = draft.is_empty();
    let over = draft.trim().chars().count().saturating_sub(MAX_MESSAGE_CHARS);
    let can_send = !answering && over == 0 && !draft.trim().is_empty();
    let rows = draft.lines().count().clamp(1, MOST_ROWS) as i64;
    let on_key = move |event: KeyboardEvent| {
        let plain = event.modifiers().is_empty();
        match listeners::key(&event).as_str() {
            // An input method uses Enter to choose characters.
            "Enter" if !event.modifiers().shift() && !event.is_composing() => {
                event.prevent_default();
                if can_send {
                    on_send.call(());
                }
            }
            "ArrowUp" if plain && is_empty && !answering => {
                event.prevent_default();
                on_edit_last.call(());
            }
            _ => {}
        }
    };
    rsx! {
        form {
            class: "composer",
            onsubmit: move |event| {
                event.prevent_default();
                if can_send {
                    on_send.call(());
                }
            },
            textarea {
                id: COMPOSER,
                "aria-label": words.message,
                "aria-describedby": if over > 0 { "too-long" },
                "aria-invalid": over > 0,
                placeholder: words.placeholder,
                rows,
                autofocus: true,
                dir: "auto",
                value: draft,
                oninput: move |event| on_input.call(event.value()),
                onkeydown: on_key,
            }
            // One button in one place: focus stays on it when it changes.
            button {
                r#type: if answering { "button" } else { "submit" },
                class: "primary",
                disabled: !answering && !can_send,
                onclick: move |_| {
                    if answering {
                        on_stop.call(());
                    }
                },
                if answering { {words.stop} } else { {words.send} }
            }
            if over > 0 {
                p { id: "too-long", class: "too-long", role: "alert", {(words.too_long)(over)} }
            }
        }
    }
}
