//! When a message was written.

use dioxus::prelude::*;

use crate::client::{language::use_language, platform::clock, ui::components::text_span};

/// Without the date, if it was today. The whole of it is in the tooltip.
#[component]
pub fn MessageTime(
    /// In seconds since 1970.
    at: u64,
) -> Element {
    let locale = use_language().locale();
    let whole = clock::local_time(at, &locale);
    let text = if clock::days_since(at) == 0 { clock::local_time_of_day(at, &locale) } else { whole.clone() };
    rsx! {
        time { datetime: clock::iso_time(at), title: whole, {text_span(text)} }
    }
}
