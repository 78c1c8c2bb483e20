//! Whether the page is visible, and when it wakes.

use std::time::Duration;

use futures_channel::mpsc;
use futures_util::{Stream, StreamExt, future::ready};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{VisibilityState, window};

use super::clock;

pub fn is_visible() -> bool {
    window()
        .and_then(|window| window.document())
        .is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Returns as soon as the page is visible.
pub async fn until_visible() {
    const INTERVAL: Duration = Duration::from_millis(250);
    while !is_visible() {
        clock::sleep(INTERVAL).await;
    }
}

/// An item whenever the page is hidden, left or closed. The listeners stay as long as the page.
pub fn hides() -> impl Stream<Item = ()> {
    wakes().filter(|()| ready(!is_visible()))
}

/// An item whenever time may have passed unnoticed: the page is shown again, was restored from the history or from a
/// sleep, or the network is back. The listeners stay as long as the page.
pub fn wakes() -> impl Stream<Item = ()> {
    let (sender, wakes) = mpsc::unbounded();
    let on_event = Closure::<dyn Fn()>::new(move || {
        // Fails only when the stream was dropped.
        let _ = sender.unbounded_send(());
    })
    .into_js_value();
    let listener = on_event.unchecked_ref();
    if let Some(window) = window() {
        for event in ["pageshow", "online"] {
            let _ = window.add_event_listener_with_callback(event, listener);
        }
        if let Some(document) = window.document() {
            for event in ["visibilitychange", "resume"] {
                let _ = document.add_event_listener_with_callback(event, listener);
            }
        }
    }
    wakes
}
