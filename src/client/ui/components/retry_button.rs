//! A button that tries again, enabled once the time in `Retry-After` has passed.

use std::time::Duration;

use dioxus::prelude::*;

use super::{Icon, icon, text_span};
use crate::client::{language::use_catalog, platform::clock};

#[component]
pub fn RetryButton(
    /// Seconds to wait.
    after: u64,
    on_retry: EventHandler<()>,
) -> Element {
    let messages = &use_catalog().chat;
    let mut left = use_signal(|| after);
    use_future(move || async move {
        while *left.peek() > 0 {
            clock::sleep(Duration::from_secs(1)).await;
            left -= 1;
        }
    });
    rsx! {
        button { r#type: "button", disabled: left() > 0, onclick: move |_| on_retry.call(()),
            {icon(Icon::Retry)}
            {text_span(if left() > 0 { (messages.retry_in)(left()) } else { messages.retry.to_owned() })}
        }
    }
}
