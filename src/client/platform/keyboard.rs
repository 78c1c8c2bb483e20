//! Keys, and whether there is a keyboard.

use dioxus::events::KeyboardData;
use web_sys::{KeyboardEvent, window};

/// The key code of a key that an input method handles (UI Events §7.3.1). Safari reports the Enter that confirms a candidate
/// only by this: it ends the composition first.
const PROCESS_KEY: u32 = 229;

/// Whether the key was pressed without Shift, Control, Alt, AltGr or Command, and not for an input method.
pub fn is_plain(event: &KeyboardData) -> bool {
    event.downcast::<KeyboardEvent>().is_some_and(|event| {
        let has_modifier = event.shift_key()
            || event.ctrl_key()
            || event.alt_key()
            || event.meta_key()
            || event.get_modifier_state("AltGraph");
        !has_modifier && !is_for_input_method(event)
    })
}

/// Whether an input method composes a text with the key.
pub fn is_for_input_method(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == PROCESS_KEY
}

/// Whether Enter sends a message. On a touch screen it breaks the line: such keyboards have no Shift+Enter.
pub fn enter_sends() -> bool {
    let coarse = window().and_then(|window| window.match_media("(pointer: coarse)").ok()?);
    !coarse.is_some_and(|query| query.matches())
}
