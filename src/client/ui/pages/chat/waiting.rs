//! What stands in the place of an answer before its first word, and below it while the connection is lost.

use std::time::Duration;

use dioxus::prelude::*;

use crate::client::{language::use_catalog, platform::clock, ui::components::text_span};

/// A wait that is shorter needs no words.
const SHORT_WAIT: Duration = Duration::from_secs(2);

/// After a reload, a wait is counted from the time that the server has stored. Where it seems to be longer than this, the
/// browser's clock is wrong.
const LONG_WAIT: Duration = Duration::from_secs(600);

#[component]
pub fn Waiting(began_at: Option<u64>, has_text: bool, is_thinking: bool, is_reconnecting: bool) -> Element {
    let messages = &use_catalog().answer;
    rsx! {
        div { class: "waiting",
            span { class: "caret", "aria-hidden": "true" }
            if is_reconnecting {
                p { class: "outcome", role: "status", {text_span(messages.reconnecting)} }
            } else if !has_text {
                span { class: "for-screen-readers", {text_span(messages.waiting)} }
                WaitingTime { began_at, is_thinking }
            }
        }
    }
}

/// What the model does before its first word, and for how long. Screen readers say it once, without the seconds.
#[component]
fn WaitingTime(began_at: Option<u64>, is_thinking: bool) -> Element {
    let messages = &use_catalog().answer;
    let mut waited = use_signal(|| waited_before(began_at, clock::unix_time()));
    use_future(move || async move {
        let (before, shown_at) = (*waited.peek(), clock::monotonic());
        loop {
            clock::sleep(Duration::from_secs(1)).await;
            waited.set(before + clock::monotonic().saturating_sub(shown_at));
        }
    });
    let message = if is_thinking { messages.thinking_for } else { messages.reading_for };
    rsx! {
        if waited() >= SHORT_WAIT {
            span { class: "waiting-time", "aria-hidden": "true", {text_span(message(waited().as_secs()))} }
        }
    }
}

/// How long the person has waited for an answer when the page shows it.
fn waited_before(began_at: Option<u64>, now: u64) -> Duration {
    let waited = began_at.map(|began_at| Duration::from_secs(now.saturating_sub(began_at)));
    waited.filter(|waited| *waited <= LONG_WAIT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_goes_on_after_a_reload_unless_the_clock_is_wrong() {
        let waited = |began_at, now| waited_before(began_at, now).as_secs();
        assert_eq!(waited(Some(1_000), 1_075), 75);
        assert_eq!(waited(None, 1_075), 0, "a question that was just sent");
        assert_eq!(waited(Some(1_000), 995), 0, "a clock that is behind");
        assert_eq!(waited(Some(1_000), 4_600), 0, "a clock that is an hour ahead");
    }
}
