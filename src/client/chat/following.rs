//! Keeps the end of the transcript in view while an answer grows, unless the reader has scrolled up.

use dioxus::prelude::*;

use super::element_ids::TRANSCRIPT;
use crate::client::platform::dom;

#[derive(Clone, Copy, PartialEq)]
pub struct Following {
    is_on: Signal<bool>,
    scroll_top: CopyValue<i32>,
}

impl Following {
    /// To be called within a hook.
    pub fn new() -> Self {
        Self { is_on: Signal::new(true), scroll_top: CopyValue::new(0) }
    }

    /// Subscribes the caller.
    pub fn is_on(self) -> bool {
        *self.is_on.read()
    }

    pub fn switch_on(mut self) {
        self.is_on.set(true);
    }

    /// Until the reader scrolls to the end: what was chosen is to stay in view.
    pub fn switch_off(mut self) {
        self.is_on.set(false);
    }

    pub fn jump_to_end(mut self) {
        self.is_on.set(true);
        dom::scroll_to_end(TRANSCRIPT);
    }

    /// To be called when the transcript, or the room that it has, has changed.
    pub fn scroll_if_on(self) {
        if *self.is_on.peek() {
            dom::scroll_to_end(TRANSCRIPT);
        }
    }

    /// Scrolling up switches it off, scrolling to the end on.
    pub fn reader_scrolled(mut self) {
        let top = dom::scroll_top(TRANSCRIPT);
        let went_up = top < self.scroll_top.replace(top);
        let is_on = dom::is_at_end(TRANSCRIPT) || (*self.is_on.peek() && !went_up);
        if is_on != *self.is_on.peek() {
            self.is_on.set(is_on);
        }
    }
}
