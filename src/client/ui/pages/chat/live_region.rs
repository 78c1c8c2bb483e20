//! The texts that screen readers announce.

use dioxus::prelude::*;

use crate::client::{
    chat::announcer::{Announcement, Announcer},
    language::Language,
    ui::components::text_span,
};

/// Visible to screen readers only.
#[component]
pub fn LiveRegion(announcer: Announcer) -> Element {
    rsx! {
        div { class: "for-screen-readers", "aria-live": "polite", "aria-relevant": "additions", id: "announcements",
            for Announcement { key, text, language } in announcer.announcements() {
                p { key: "{key}", lang: language.map(Language::tag), {text_span(text)} }
            }
        }
    }
}
