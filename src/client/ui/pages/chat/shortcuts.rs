//! Keyboard shortcuts, which work anywhere on the page.

use dioxus::prelude::*;
use futures_util::StreamExt;

use crate::client::platform::{
    dom,
    listeners::{self, KeyPress},
    popover,
    web_storage::LOCAL_STORAGE,
};

/// In the local storage; empty where the shortcuts are switched on.
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

impl Shortcut {
    fn of(pressed: &KeyPress) -> Option<Self> {
        let (key, code) = (pressed.key.as_str(), pressed.code.as_str());
        match (pressed.ctrl, pressed.shift, pressed.alt) {
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

    /// Not while a dialog or a menu is open. A question mark is text while the person is typing.
    fn is_for_page(pressed: &KeyPress) -> bool {
        let is_text = pressed.key == "?";
        !(dom::has_dialog() || popover::is_any_shown() || is_text && dom::is_typing())
    }
}

/// Whether they are switched on.
#[derive(Clone, Copy, PartialEq)]
pub struct Shortcuts(Signal<bool>);

impl Shortcuts {
    /// Calls `on_press` for each shortcut that is pressed, until the component is dropped.
    pub fn use_shortcuts(on_press: impl FnMut(Shortcut) + 'static) -> Self {
        let switch = Self(use_signal(|| true));
        let on_press = use_callback(on_press);
        use_effect(move || switch.load());
        use_future(move || async move {
            let (_listener, mut pressed) = listeners::key_presses(move |pressed| switch.take(pressed));
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
        LOCAL_STORAGE.set(SWITCHED_OFF, if on { "" } else { "off" });
    }

    fn load(mut self) {
        self.0.set(LOCAL_STORAGE.get(SWITCHED_OFF).is_none_or(|value| value.is_empty()));
    }

    fn take(self, pressed: &KeyPress) -> Option<Shortcut> {
        let shortcut = Shortcut::of(pressed)?;
        let is_wanted = *self.0.peek() && !pressed.is_composing && !pressed.is_repeated;
        (is_wanted && Shortcut::is_for_page(pressed)).then_some(shortcut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shortcut_has_its_keys_and_nothing_else_has_one() {
        let press = |key: &str| KeyPress { key: key.into(), ..KeyPress::default() };
        let shift = |key: &str| KeyPress { shift: true, ..press(key) };
        let ctrl = |key: &str| KeyPress { ctrl: true, ..press(key) };
        let ctrl_shift = |key: &str| KeyPress { shift: true, ..ctrl(key) };
        for (pressed, shortcut) in [
            (press("Escape"), Some(Shortcut::Stop)),
            (shift("Escape"), Some(Shortcut::Composer)),
            (ctrl_shift("O"), Some(Shortcut::New)),
            (ctrl("k"), Some(Shortcut::Search)),
            (KeyPress { code: "Semicolon".into(), ..ctrl_shift(":") }, Some(Shortcut::CopyCode)),
            (KeyPress { code: "Comma".into(), ..ctrl_shift(".") }, None),
            (ctrl("/"), Some(Shortcut::Help)),
            (shift("?"), Some(Shortcut::Help)),
            (ctrl("c"), None),
            (ctrl_shift("C"), None),
            (KeyPress { alt: true, ..ctrl("k") }, None),
            (press("k"), None),
        ] {
            assert_eq!(Shortcut::of(&pressed), shortcut, "{pressed:?}");
        }
    }
}
