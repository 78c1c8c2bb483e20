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
    Copy,
    Edit,
    Retry,
    Continue,
    Info,
    Download,
    Wrap,
    Sheet,
    ArrowDown,
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
        Icon::Copy => {
            "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2zM4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2"
        }
        Icon::Edit => {
            "M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.83l-1.321 4.352a.5.5 0 0 0 .623.622l4.353-1.32a2 2 0 0 0 .83-.497zM15 5l4 4"
        }
        Icon::Retry => "M21 12a9 9 0 1 1-9-9c2.52 0 4.93 1 6.74 2.74L21 8M21 3v5h-5",
        Icon::Continue => {
            "M10.029 4.285A2 2 0 0 0 7 6v12a2 2 0 0 0 3.029 1.715l9.997-5.998a2 2 0 0 0 .003-3.432zM3 4v16"
        }
        Icon::Info => "M2 12a10 10 0 1 0 20 0 10 10 0 1 0-20 0M12 16v-4M12 8h.01",
        Icon::Download => "M12 15V3M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5",
        Icon::Wrap => "M16 16l-3 3 3 3M3 12h14.5a1 1 0 0 1 0 7H13M3 19h6M3 5h18",
        Icon::Sheet => {
            "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM3 9h18M3 15h18M9 9v12M15 9v12"
        }
        Icon::ArrowDown => "M12 5v14M19 12l-7 7-7-7",
        Icon::Stop => "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
    }
}
