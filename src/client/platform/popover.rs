//! Elements with the attribute `popover`, and the menus in them.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

/// The items of a menu, as the ARIA Authoring Practices define them.
const ITEMS: &str = "[role^=menuitem]";

/// Which item of a menu gets the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemFocus {
    First,
    Last,
    Next,
    Previous,
}

pub fn show(id: &str) {
    if let Some(element) = element(id) {
        // Fails only where it is shown already.
        let _ = element.show_popover();
    }
}

/// Hides it. The browser returns the focus to the element that had it before.
pub fn hide(id: &str) {
    if let Some(element) = element(id) {
        // Fails only where it is hidden already.
        let _ = element.hide_popover();
    }
}

pub fn is_shown(id: &str) -> bool {
    element(id).is_some_and(|element| element.matches(":popover-open").unwrap_or(false))
}

/// Whether any is shown.
pub fn is_any_shown() -> bool {
    let shown = window().and_then(|window| window.document()?.query_selector(":popover-open").ok()?);
    shown.is_some()
}

/// Moves the focus among the items of a menu, from its end to its beginning and back.
pub fn focus_item(id: &str, which: ItemFocus) {
    let items = items(id);
    let focused = items.iter().position(|item| item.matches(":focus").unwrap_or(false));
    if let Some(item) = index(which, focused, items.len()).and_then(|index| items.get(index)) {
        let _ = item.focus();
    }
}

fn index(which: ItemFocus, focused: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match (which, focused) {
        (ItemFocus::First, _) | (ItemFocus::Next, None) => 0,
        (ItemFocus::Last, _) | (ItemFocus::Previous, None | Some(0)) => last,
        (ItemFocus::Next, Some(focused)) => (focused + 1) % count,
        (ItemFocus::Previous, Some(focused)) => focused - 1,
    })
}

fn items(id: &str) -> Vec<HtmlElement> {
    let Some(found) = element(id).and_then(|menu| menu.query_selector_all(ITEMS).ok()) else { return vec![] };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

fn element(id: &str) -> Option<HtmlElement> {
    window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{ItemFocus::*, index};

    #[test]
    fn arrows_go_round_and_a_menu_without_focus_begins_at_an_end() {
        for (which, focused, item) in [
            (First, Some(1), 0),
            (Last, Some(1), 2),
            (Next, Some(1), 2),
            (Next, Some(2), 0),
            (Next, None, 0),
            (Previous, Some(1), 0),
            (Previous, Some(0), 2),
            (Previous, None, 2),
        ] {
            assert_eq!(index(which, focused, 3), Some(item), "{which:?} of {focused:?}");
        }
        assert_eq!(index(Last, None, 0), None, "no items");
    }
}
