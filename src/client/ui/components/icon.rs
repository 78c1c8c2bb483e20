//! Icons: the outlines of [Lucide](https://lucide.dev) 1.62, each as one path. Their license is in
//! `assets/LICENSE-lucide`. What an icon means is said by its button, in words.

use dioxus::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Menu,
    Plus,
    More,
    Send,
    Stop,
    Check,
    Close,
    Attach,
    File,
    ThumbUp,
    ThumbDown,
}

pub fn icon(icon: Icon) -> Element {
    rsx! {
        svg { class: "glyph", view_box: "0 0 24 24", "aria-hidden": "true", path { d: path(icon) } }
    }
}

/// In a square of 24 units.
fn path(icon: Icon) -> &'static str {
    match icon {
        Icon::Menu => "M4 5h16M4 12h16M4 19h16",
        Icon::Plus => "M5 12h14M12 5v14",
        Icon::More => {
            "M11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M18 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M4 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0"
        }
        Icon::Send => "m5 12 7-7 7 7M12 19V5",
        Icon::Check => "M20 6 9 17l-5-5",
        Icon::Attach => {
            "m21.44 11.05-9.19 9.19a6 6 0 0 1-8.49-8.49l8.57-8.57A4 4 0 1 1 18 8.84l-8.59 8.57a2 2 0 0 1-2.83-2.83l8.49-8.48"
        }
        Icon::File => {
            "M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7zM14 2v4a2 2 0 0 0 2 2h4M10 9H8M16 13H8M16 17H8"
        }
        Icon::Close => "M18 6 6 18M6 6l12 12",
        Icon::ThumbUp => {
            "M15 5.88 14 10h5.83a2 2 0 0 1 1.92 2.56l-2.33 8A2 2 0 0 1 17.5 22H4a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2h2.76a2 2 0 0 \
             0 1.79-1.11L12 2a3.13 3.13 0 0 1 3 3.88ZM7 10v12"
        }
        Icon::ThumbDown => {
            "M9 18.12 10 14H4.17a2 2 0 0 1-1.92-2.56l2.33-8A2 2 0 0 1 6.5 2H20a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-2.76a2 2 0 0 \
             0-1.79 1.11L12 22a3.13 3.13 0 0 1-3-3.88ZM17 14V2"
        }
        Icon::Stop => "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
    }
}
