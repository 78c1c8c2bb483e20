//! A question over the page, or a list to read. Escape closes it, and the focus goes back where it was.

use dioxus::prelude::*;

use crate::client::platform::dom;

#[component]
pub fn Dialog(
    /// One of its kind on the page.
    id: &'static str,
    title: String,
    /// What has the focus when nothing had it before that is still there.
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
            h2 { id: "{id}-title", {title} }
            {children}
        }
    }
}
