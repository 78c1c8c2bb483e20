//! Title, language, theme, metadata and width of the document.

use web_sys::{Document, window};

/// The content of `<meta name=…>`.
pub fn meta_content(name: &str) -> Option<String> {
    let element = document()?.query_selector(&format!("meta[name={name}]")).ok()??;
    element.get_attribute("content")
}

/// The title on the browser's tab.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// The `lang` attribute of the document, for assistive technology and hyphenation.
pub fn set_language(tag: &str) {
    set_root_attribute("lang", tag);
}

/// By this the style sheet selects the colours. The script in `index.html` sets it, too, before the first paint.
pub fn set_theme(name: &str) {
    set_root_attribute("data-theme", name);
}

/// The languages set in the browser, preferred first (BCP 47).
pub fn preferred_languages() -> Vec<String> {
    let languages = window().map(|window| window.navigator().languages());
    languages.into_iter().flatten().filter_map(|tag| tag.as_string()).collect()
}

/// The width of the viewport in CSS pixels.
pub fn viewport_width() -> f64 {
    window().and_then(|window| window.inner_width().ok()?.as_f64()).unwrap_or_default()
}

fn set_root_attribute(name: &str, value: &str) {
    let root = document().and_then(|document| document.document_element());
    if let Some(root) = root {
        // Fails only for an invalid attribute name.
        let _ = root.set_attribute(name, value);
    }
}

fn document() -> Option<Document> {
    window()?.document()
}
