//! Our mark, the same as in `assets/icon.svg`: an eye in a speech bubble.

use dioxus::prelude::*;

/// In the colour of the text. Its meaning is said by the text beside it.
pub fn mark() -> Element {
    rsx! {
        svg { class: "mark", view_box: "0 0 32 32", "aria-hidden": "true",
            path { d: "M16 4.5a11 11 0 1 1-5.2 20.7L4.5 27l1.9-6A11 11 0 0 1 16 4.5z" }
            circle { cx: "16", cy: "15.5", r: "4" }
        }
    }
}
