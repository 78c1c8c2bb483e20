//! The clipboard.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Clipboard, ClipboardItem, window};

/// Whether the text was copied: the browser may refuse. With `html`, a program into which it is pasted can choose.
pub async fn copy(text: &str, html: Option<&str>) -> bool {
    let Some(window) = window() else { return false };
    let clipboard = window.navigator().clipboard();
    if let Some(html) = html
        && copy_both(&clipboard, text, html).await.is_ok()
    {
        return true;
    }
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

async fn copy_both(clipboard: &Clipboard, text: &str, html: &str) -> Result<(), JsValue> {
    let forms = Object::new();
    for (media_type, content) in [("text/plain", text), ("text/html", html)] {
        Reflect::set(&forms, &media_type.into(), blob(media_type, content)?.as_ref())?;
    }
    // An error where a browser does not have it.
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&forms)?;
    JsFuture::from(clipboard.write(&Array::of1(&item))).await.map(drop)
}

fn blob(media_type: &str, content: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_str_sequence_and_options(&Array::of1(&content.into()), &options)
}
