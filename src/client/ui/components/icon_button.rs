//! A button that shows an icon: its name is what screen readers say, and the tooltip.

use dioxus::prelude::*;

use super::{Icon, icon};

pub fn icon_button(
    class: &'static str,
    which: Icon,
    label: &'static str,
    mut on_click: impl FnMut() + 'static,
) -> Element {
    rsx! {
        button { class, r#type: "button", "aria-label": label, title: label, onclick: move |_| on_click(), {icon(which)} }
    }
}
