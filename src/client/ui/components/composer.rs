//! The field in which the person writes a message, and the button that sends it or stops the answer.

use dioxus::prelude::*;

use crate::{
    client::{chat::element_ids::COMPOSER, language::use_catalog, platform::keyboard},
    wire::chat::MAX_MESSAGE_CHARS,
};

/// Limits the height in browsers that don't size a field by its content (`field-sizing`).
const MAX_ROWS: usize = 12;

#[component]
pub fn Composer(
    draft: String,
    /// Whether an answer is running, which can be stopped; nothing can be sent then.
    answering: bool,
    on_input: EventHandler<String>,
    on_send: EventHandler<()>,
    on_stop: EventHandler<()>,
    /// The person has pressed the up arrow in the empty field.
    on_edit_last: EventHandler<()>,
) -> Element {
    let messages = &use_catalog().chat;
    let is_empty = draft.is_empty();
    let over = draft.trim().chars().count().saturating_sub(MAX_MESSAGE_CHARS);
    let can_send = !answering && over == 0 && !draft.trim().is_empty();
    let rows = draft.lines().count().clamp(1, MAX_ROWS) as i64;
    let on_key = move |event: KeyboardEvent| match event.key() {
        // With a modifier, Enter does what the browser makes of it: Shift+Enter breaks the line.
        Key::Enter if keyboard::is_plain(&event) && keyboard::enter_sends() => {
            event.prevent_default();
            if can_send {
                on_send.call(());
            }
        }
        Key::ArrowUp if keyboard::is_plain(&event) && is_empty && !answering => {
            event.prevent_default();
            on_edit_last.call(());
        }
        _ => {}
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
                "aria-label": messages.composer_label,
                "aria-describedby": if over > 0 { "too-long" },
                "aria-invalid": over > 0,
                placeholder: messages.placeholder,
                rows,
                autofocus: true,
                dir: "auto",
                value: draft,
                oninput: move |event| on_input.call(event.value()),
                onkeydown: on_key,
            }
            // One button for both, so that the focus stays on it when it changes.
            button {
                r#type: if answering { "button" } else { "submit" },
                class: "primary",
                disabled: !answering && !can_send,
                onclick: move |_| {
                    if answering {
                        on_stop.call(());
                    }
                },
                if answering { {messages.stop} } else { {messages.send} }
            }
            if over > 0 {
                p { id: "too-long", class: "too-long", role: "alert", {(messages.message_too_long)(over)} }
            }
        }
    }
}
