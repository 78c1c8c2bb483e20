//! The page as it is shown: focus, scrolling, dialogs, and what leaves it for the clipboard or a file. Never called on
//! the server.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Element, HtmlAnchorElement, HtmlDialogElement, HtmlElement, HtmlTextAreaElement, Url,
};

/// Pages this near to their end, in pixels, follow an answer as it grows.
const NEAR_THE_END: i32 = 80;

pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the cursor behind everything that was written.
pub fn cursor_to_end(id: &str) {
    if let Some(field) = element(id).and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok()) {
        let end = field.text_length();
        let _ = field.set_selection_range(end, end);
    }
}

pub fn scroll_top(id: &str) -> i32 {
    element(id).map_or(0, |element| element.scroll_top())
}

/// Whether the reader looks at the end of the element.
pub fn is_at_end(id: &str) -> bool {
    element(id)
        .is_none_or(|element| element.scroll_height() - element.scroll_top() - element.client_height() < NEAR_THE_END)
}

pub fn scroll_to_end(id: &str) {
    if let Some(element) = element(id) {
        element.set_scroll_top(element.scroll_height());
    }
}

/// Opens a `<dialog>` over the page.
pub fn show_dialog(id: &str) {
    if let Some(dialog) = element(id).and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) {
        // Fails only where it is open.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog: the browser gives the focus back to what had it, or else `focus_after` gets it.
pub fn close_dialog(id: &str, focus_after: &str) {
    if let Some(dialog) = element(id).and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
    if focused().is_none_or(|element| element.tag_name() == "BODY") {
        focus(focus_after);
    }
}

/// Whether the person is in a field that takes what they type.
pub fn is_typing() -> bool {
    focused().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "TEXTAREA" | "INPUT" | "SELECT") || element.is_content_editable()
    })
}

/// Whether a dialog lies over the page.
pub fn has_dialog() -> bool {
    document().and_then(|document| document.query_selector("dialog[open]").ok()?).is_some()
}

/// The text of the last element that the selector finds.
pub fn last_text(selector: &str) -> Option<String> {
    let found = document()?.query_selector_all(selector).ok()?;
    found.item(found.length().checked_sub(1)?)?.text_content()
}

/// False where the browser does not let the page.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
}

/// Hands a file to the person.
pub fn save_file(name: &str, media_type: &str, text: &str) {
    let _ = try_save_file(name, media_type, text);
}

fn try_save_file(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let content = Blob::new_with_str_sequence_and_options(&Array::of1(&JsValue::from_str(text)), &options)?;
    let url = Url::create_object_url_with_blob(&content)?;
    let document = document().ok_or(JsValue::NULL)?;
    let link: HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}

fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}

fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}
