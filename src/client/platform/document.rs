//! Title, language, theme and metadata of the document, and what the screen is like.

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

/// Whether a media query matches.
pub fn matches_media(query: &str) -> bool {
    window().and_then(|window| window.match_media(query).ok()?).is_some_and(|list| list.matches())
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
