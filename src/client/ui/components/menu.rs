//! A button that opens a menu: the pattern "Menu Button" of the ARIA Authoring Practices. The browser closes the menu by
//! Escape or a click elsewhere, and returns the focus to the button.

use dioxus::prelude::*;

use super::text_span;
use crate::client::platform::popover::{self, ItemFocus};

#[component]
pub fn Menu(
    /// Unique on the page. That of the button is followed by `-button`.
    id: String,
    /// The accessible name of the button and of its menu.
    label: String,
    /// The class of the button.
    class: &'static str,
    /// Above the items.
    header: Option<Element>,
    /// Rendered while the menu is open.
    items: Callback<(), Element>,
    /// In the button.
    children: Element,
) -> Element {
    let mut is_open = use_signal(|| false);
    let focus_id = id.clone();
    use_effect(move || {
        if is_open() {
            popover::focus_item(&focus_id, ItemFocus::First);
        }
    });
    let (opened_id, toggled_id, key_id, chosen_id) = (id.clone(), id.clone(), id.clone(), id.clone());
    let open_by_arrow = move |event: KeyboardEvent| {
        if event.key() == Key::ArrowDown {
            event.prevent_default();
            popover::show(&opened_id);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let which = match event.key() {
            Key::ArrowDown => ItemFocus::Next,
            Key::ArrowUp => ItemFocus::Previous,
            Key::Home => ItemFocus::First,
            Key::End => ItemFocus::Last,
            // The focus goes on from the button.
            Key::Tab => return popover::hide(&key_id),
            _ => return,
        };
        event.prevent_default();
        popover::focus_item(&key_id, which);
    };
    rsx! {
        button {
            id: "{id}-button",
            class,
            r#type: "button",
            "aria-label": label.clone(),
            title: label.clone(),
            "aria-haspopup": "menu",
            "aria-expanded": is_open(),
            popovertarget: id.clone(),
            onkeydown: open_by_arrow,
            {children}
        }
        div { class: "menu", id, popover: "auto", ontoggle: move |_| is_open.set(popover::is_shown(&toggled_id)),
            if is_open() {
                {header}
                div { role: "menu", "aria-label": label.clone(), onkeydown: on_key, onclick: move |_| popover::hide(&chosen_id),
                    {items.call(())}
                }
            }
        }
    }
}

/// An item that does something.
pub fn menu_item(class: &'static str, text: &'static str, mut on_choose: impl FnMut() + 'static) -> Element {
    rsx! {
        button { class, r#type: "button", role: "menuitem", tabindex: -1, onclick: move |_| on_choose(), {text_span(text)} }
    }
}

/// Values of which one is chosen, as [`menu_choice`]s.
pub fn menu_group(label: &'static str, items: impl Iterator<Item = Element>) -> Element {
    rsx! {
        div { class: "group", role: "group", "aria-label": label,
            span { class: "label", "aria-hidden": "true", {text_span(label)} }
            {items}
        }
    }
}

pub fn menu_choice(
    text: impl Into<String>,
    // The language of the text, where that is another one than the page's.
    lang: Option<&'static str>,
    is_chosen: bool,
    mut on_choose: impl FnMut() + 'static,
) -> Element {
    rsx! {
        button {
            r#type: "button",
            role: "menuitemradio",
            "aria-checked": is_chosen,
            tabindex: -1,
            lang,
            translate: if lang.is_some() { "no" },
            onclick: move |_| on_choose(),
            {text_span(text)}
        }
    }
}
