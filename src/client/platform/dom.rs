//! Elements of the page: focus, scrolling, dialogs.

use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement, ScrollIntoViewOptions,
    ScrollLogicalPosition, window,
};

use super::frame;

/// An element scrolled to within so many pixels of its end counts as scrolled to the end.
const NEAR_THE_END: i32 = 80;

pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// For an element that is rendered in between.
pub async fn focus_next_frame(id: String) {
    frame::next_frame().await;
    focus(&id);
}

/// Where no element has the focus, as after the one that had it was removed.
pub fn focus_if_lost(id: &str) {
    if focused().is_none_or(|element| element.tag_name() == "BODY") {
        focus(id);
    }
}

/// Focuses an `<input>`, and selects its text.
pub fn select_input(id: &str) {
    focus(id);
    if let Some(input) = element(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) {
        input.select();
    }
}

/// Moves the cursor to the end of a text field.
pub fn cursor_to_end(id: &str) {
    if let Some(field) = text_field(id) {
        let end = field.text_length();
        let _ = field.set_selection_range(end, end);
    }
}

/// The text in a text field.
pub fn text(id: &str) -> String {
    text_field(id).map(|field| field.value()).unwrap_or_default()
}

/// The length of the text in a text field, in UTF-16 units, without reading it.
pub fn text_length(id: &str) -> usize {
    text_field(id).map_or(0, |field| field.text_length() as usize)
}

/// Puts a text into a text field. The cursor stays where the text is the same.
pub fn set_text(id: &str, text: &str) {
    if let Some(field) = text_field(id).filter(|field| field.value() != text) {
        field.set_value(text);
    }
}

pub fn scroll_top(id: &str) -> i32 {
    element(id).map_or(0, |element| element.scroll_top())
}

/// Whether the element is scrolled to its end.
pub fn is_at_end(id: &str) -> bool {
    element(id)
        .is_none_or(|element| element.scroll_height() - element.scroll_top() - element.client_height() < NEAR_THE_END)
}

pub fn scroll_to_end(id: &str) {
    if let Some(element) = element(id) {
        element.set_scroll_top(element.scroll_height());
    }
}

/// Scrolls as little as needed to show the element.
pub fn scroll_into_view(id: &str) {
    if let Some(element) = element(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Opens a `<dialog>` as a modal one.
pub fn show_dialog(id: &str) {
    if let Some(dialog) = element(id).and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) {
        // Fails only where it is open already.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog. The browser returns the focus to the element that had it; where that is gone, `focus_after` gets
/// it.
pub fn close_dialog(id: &str, focus_after: &str) {
    if let Some(dialog) = element(id).and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
    focus_if_lost(focus_after);
}

/// Whether the focus is in a field that takes text.
pub fn is_typing() -> bool {
    focused().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "TEXTAREA" | "INPUT" | "SELECT") || element.is_content_editable()
    })
}

/// Whether a dialog is open.
pub fn has_dialog() -> bool {
    document().and_then(|document| document.query_selector("dialog[open]").ok()?).is_some()
}

/// The text of the last element that matches the selector.
pub fn last_text(selector: &str) -> Option<String> {
    let found = document()?.query_selector_all(selector).ok()?;
    found.item(found.length().checked_sub(1)?)?.text_content()
}

fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}

fn text_field(id: &str) -> Option<HtmlTextAreaElement> {
    element(id)?.dyn_into().ok()
}

fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

fn document() -> Option<Document> {
    window()?.document()
}
