//! The rule for every text of the page that a program has put there: it is rendered by [`text_span`], not as `{…}` or `"{…}"` in
//! `rsx!`.
//!
//! Page translation (Chrome, Edge, Firefox) takes text nodes out of the page and puts elements of its own in their place.
//! Dioxus holds the text nodes: what it changes, replaces, removes or inserts at such a node later has no effect, and the
//! page goes on to show the old text as if it were whole. Elements stay where they are. So each text has an element to
//! itself, and when the text changes, Dioxus replaces the element.
//!
//! Literals need this only at the root of a component, of an `if` or of a `for`. `translate="no"` is for what has no
//! translation: code, addresses, names.

use std::iter;

use dioxus::prelude::*;

/// The text in an element of its own, which is replaced when the text changes.
pub fn text_span(text: impl Into<String>) -> Element {
    // Dioxus replaces an element when its key changes, but compares keys only among the items of a list.
    let item = iter::once(text.into()).map(|text| rsx! { span { key: "{text}", "{text}" } });
    rsx! { {item} }
}

#[cfg(test)]
mod tests {
    use dioxus::{
        core::{Mutation, Mutations, NoOpMutations},
        prelude::*,
    };

    use super::text_span;

    thread_local! {
        static SHOWN: std::cell::Cell<&'static str> = const { std::cell::Cell::new("before") };
    }

    fn page() -> Element {
        rsx! { p { {text_span(SHOWN.get())} } }
    }

    #[test]
    fn a_text_that_changes_is_a_new_element_and_no_text_node_is_changed() {
        let mut dom = VirtualDom::new(page);
        dom.rebuild(&mut NoOpMutations);
        SHOWN.set("after");
        dom.mark_dirty(ScopeId::APP);
        let mut mutations = Mutations::default();
        dom.render_immediate(&mut mutations);
        let edits = mutations.edits;
        assert!(edits.iter().any(|edit| matches!(edit, Mutation::ReplaceWith { m: 1, .. })), "{edits:?}");
        assert!(!edits.iter().any(|edit| matches!(edit, Mutation::SetText { .. })), "{edits:?}");
    }
}
