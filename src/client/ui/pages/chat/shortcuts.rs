//! Keys that work anywhere on the page.

use dioxus::prelude::*;
use futures_util::StreamExt;
use web_sys::KeyboardEvent;

use crate::client::{
    platform::{browser, dom, listeners},
    ui::hooks::{use_effect, use_future},
};

const SWITCHED_OFF: &str = "oracle-ai.shortcuts_off";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    Stop,
    New,
    Search,
    CopyCode,
    Composer,
    Help,
}

/// A key, as far as shortcuts look at it.
#[derive(Clone, Copy, Debug, Default)]
struct Pressed<'a> {
    key: &'a str,
    /// Where it is on the keyboard, whatever it writes.
    code: &'a str,
    /// Or the command key.
    ctrl: bool,
    shift: bool,
    alt: bool,
}

impl Shortcut {
    fn of(pressed: Pressed<'_>) -> Option<Self> {
        let Pressed { key, code, ctrl, shift, alt } = pressed;
        match (ctrl, shift, alt) {
            (false, false, false) if key == "Escape" => Some(Self::Stop),
            (false, true, false) if key == "Escape" => Some(Self::Composer),
            (true, true, false) if key.eq_ignore_ascii_case("o") => Some(Self::New),
            (true, false, false) if key.eq_ignore_ascii_case("k") => Some(Self::Search),
            (true, true, false) if code == "Semicolon" || key == ";" || key == ":" => Some(Self::CopyCode),
            // On many keyboards the slash needs Shift.
            (true, _, false) if key == "/" => Some(Self::Help),
            (false, _, false) if key == "?" => Some(Self::Help),
            _ => None,
        }
    }

    /// Keys that write something are left to whoever is writing.
    fn is_for_page(self, pressed: Pressed<'_>) -> bool {
        let writes = pressed.key == "?";
        !(dom::has_dialog() || writes && dom::is_typing())
    }
}

/// Whether the person wants them; a context of the page.
#[derive(Clone, Copy, PartialEq)]
pub struct Shortcuts(Signal<bool>);

impl Shortcuts {
    /// Calls `on_press` for each shortcut that is pressed while the component is there.
    pub fn use_shortcuts(on_press: impl FnMut(Shortcut) + 'static) -> Self {
        let switch = Self(use_signal(|| true));
        let on_press = use_callback(on_press);
        use_effect(move || switch.load());
        use_future(move || async move {
            let (_listener, mut pressed) = listeners::keys(move |event| switch.take(event));
            while let Some(shortcut) = pressed.next().await {
                on_press.call(shortcut);
            }
        });
        switch
    }

    pub fn are_on(self) -> bool {
        *self.0.read()
    }

    pub fn switch(mut self, on: bool) {
        self.0.set(on);
        browser::keep_for_ever(SWITCHED_OFF, if on { "" } else { "off" });
    }

    fn load(mut self) {
        self.0.set(browser::kept_for_ever(SWITCHED_OFF).is_none_or(|kept| kept.is_empty()));
    }

    fn take(self, event: &KeyboardEvent) -> Option<Shortcut> {
        let (key, code) = (event.key(), event.code());
        let ctrl = event.ctrl_key() || event.meta_key();
        let pressed = Pressed { key: &key, code: &code, ctrl, shift: event.shift_key(), alt: event.alt_key() };
        let shortcut = Shortcut::of(pressed)?;
        let is_wanted = *self.0.peek() && !event.is_composing() && !event.repeat();
        (is_wanted && shortcut.is_for_page(pressed)).then_some(shortcut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shortcut_has_its_keys_and_nothing_else_has_one() {
        let none = Pressed::default();
        let ctrl = Pressed { ctrl: true, ..none };
        let ctrl_shift = Pressed { shift: true, ..ctrl };
        for (pressed, shortcut) in [
            (Pressed { key: "Escape", ..none }, Some(Shortcut::Stop)),
            (Pressed { key: "Escape", shift: true, ..none }, Some(Shortcut::Composer)),
            (Pressed { key: "O", ..ctrl_shift }, Some(Shortcut::New)),
            (Pressed { key: "k", ..ctrl }, Some(Shortcut::Search)),
            (Pressed { key: ":", code: "Semicolon", ..ctrl_shift }, Some(Shortcut::CopyCode)),
            (Pressed { key: ".", code: "Comma", ..ctrl_shift }, None),
            (Pressed { key: "/", ..ctrl }, Some(Shortcut::Help)),
            (Pressed { key: "?", shift: true, ..none }, Some(Shortcut::Help)),
            (Pressed { key: "c", ..ctrl }, None),
            (Pressed { key: "C", ..ctrl_shift }, None),
            (Pressed { key: "k", alt: true, ..ctrl }, None),
            (Pressed { key: "k", ..none }, None),
        ] {
            assert_eq!(Shortcut::of(pressed), shortcut, "{pressed:?}");
        }
    }
}
