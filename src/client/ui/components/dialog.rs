//! A modal dialog. Escape closes it, and the focus returns to where it was.

use dioxus::prelude::*;

use super::text_span;
use crate::client::platform::dom;

#[component]
pub fn Dialog(
    /// Unique on the page.
    id: &'static str,
    title: String,
    /// The id of the element that gets the focus where the one that had it is gone.
    focus_after: &'static str,
    on_close: EventHandler<()>,
    children: Element,
) -> Element {
    use_drop(move || dom::close_dialog(id, focus_after));
    rsx! {
        dialog {
            id,
            "aria-labelledby": "{id}-title",
            onmounted: move |_| dom::show_dialog(id),
            oncancel: move |event| {
                event.prevent_default();
                on_close.call(());
            },
            h2 { id: "{id}-title", {text_span(title)} }
            {children}
        }
    }
}
