//! Tries again, as soon as the other side wants to be asked again.

use std::time::Duration;

use dioxus::prelude::*;

use crate::client::{
    platform::browser,
    ui::{hooks::use_future, language::use_catalogue},
};

#[component]
pub fn RetryButton(
    /// Seconds to wait.
    after: u64,
    on_retry: EventHandler<()>,
) -> Element {
    let words = &use_catalogue().chat;
    let mut left = use_signal(|| after);
    use_future(move || async move {
        while *left.peek() > 0 {
            browser::sleep(Duration::from_secs(1)).await;
            left -= 1;
        }
    });
    rsx! {
        button { r#type: "button", disabled: left() > 0, onclick: move |_| on_retry.call(()),
            if left() > 0 { {(words.retry_in)(left())} } else { {words.retry} }
        }
    }
}
