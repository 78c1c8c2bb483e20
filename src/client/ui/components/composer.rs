//! The field in which the person writes a message, and the button that sends it or stops the answer.

use dioxus::prelude::*;

use super::{Icon, icon, text_span};
use crate::{
    client::{
        chat::{draft::Measure, element_ids::COMPOSER},
        language::use_catalog,
        platform::keyboard,
    },
    wire::chat::MAX_MESSAGE_CHARS,
};

/// Its text is read and set by [`crate::client::chat::draft::Draft`], not by a property: with a pasted megabyte, each key
/// would copy all of it.
#[component]
pub fn Composer(
    measure: Measure,
    /// Whether an answer is running, which can be stopped; what is sent then waits for its end.
    answering: bool,
    /// Whether a message waits already.
    has_queued: bool,
    on_input: EventHandler<()>,
    on_send: EventHandler<()>,
    on_stop: EventHandler<()>,
    /// The person has pressed the up arrow in the empty field.
    on_edit_last: EventHandler<()>,
    /// Before the button that sends.
    before_send: Element,
    /// Before the hint.
    children: Element,
) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.chat;
    let over = measure.over;
    let can_send = measure.can_be_sent() && !(answering && has_queued);
    let hint = match keyboard::enter_sends() {
        // There is nothing to be sent.
        _ if answering && measure.is_blank => "",
        _ if answering && has_queued => catalog.queue.is_full,
        true if answering => catalog.queue.hint,
        true => messages.composer_hint,
        false if answering => "",
        false => messages.composer_hint_touch,
    };
    let on_key = move |event: KeyboardEvent| match event.key() {
        // With a modifier, Enter does what the browser makes of it: Shift+Enter breaks the line.
        Key::Enter if keyboard::is_plain(&event) && keyboard::enter_sends() => {
            event.prevent_default();
            if can_send {
                on_send.call(());
            }
        }
        Key::ArrowUp if keyboard::is_plain(&event) && measure.is_empty && !answering => {
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
                "aria-describedby": if over > 0 { "too-long" } else { "composer-hint" },
                "aria-invalid": over > 0,
                placeholder: messages.placeholder,
                // The height in browsers that don't size a field by its content (`field-sizing`).
                rows: measure.lines as i64,
                autofocus: true,
                // With it, Chromium takes ten times as long to lay out a megabyte: seconds.
                dir: if !measure.is_long { "auto" },
                oninput: move |_| on_input.call(()),
                onkeydown: on_key,
            }
            {children}
            // A label: a click on it goes to the field.
            label { id: "composer-hint", r#for: COMPOSER, {text_span(hint)} }
            {before_send}
            if answering && can_send {
                button { r#type: "submit", {text_span(catalog.queue.send_later)} }
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
                {icon(if answering { Icon::Stop } else { Icon::Send })}
                {text_span(if answering { messages.stop } else { messages.send })}
            }
            if over > 0 {
                p { id: "too-long", class: "too-long", role: "alert", {text_span((messages.message_too_long)(over, MAX_MESSAGE_CHARS))} }
            }
        }
    }
}
