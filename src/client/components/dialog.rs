//! A question over the page, or a list to read. Escape closes it, and the focus goes back where it was.

use dioxus::prelude::*;
use web_sys::HtmlElement;

use crate::client::screen;

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
    let mut before = use_hook(|| CopyValue::new(None::<HtmlElement>));
    let open = move |_| {
        before.set(screen::focused());
        screen::show_dialog(id);
    };
    use_drop(move || {
        let given = before.peek().as_ref().is_some_and(screen::give_focus);
        if !given {
            screen::focus(focus_after);
        }
    });
    rsx! {
        dialog {
            id,
            "aria-labelledby": "{id}-title",
            onmounted: open,
            oncancel: move |event| {
                event.prevent_default();
                on_close.call(());
            },
            h2 { id: "{id}-title", {title} }
            {children}
        }
    }
}
