//! What the browser tells the page by itself: keys, the network, the next frame. Never called on the server.

use std::time::Duration;

use futures_channel::{mpsc, oneshot};
use futures_util::future::select;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, KeyboardEvent, Window};

use super::browser;

/// Listens for as long as it is there.
pub struct Listener {
    event: &'static str,
    on_event: Closure<dyn Fn(Event)>,
}

impl Listener {
    fn new(event: &'static str, on_event: impl Fn(Event) + 'static) -> Self {
        let on_event = Closure::<dyn Fn(Event)>::new(on_event);
        if let Some(window) = web_sys::window() {
            // Fails only for something that is no function.
            let _ = window.add_event_listener_with_callback(event, on_event.as_ref().unchecked_ref());
        }
        Self { event, on_event }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = window.remove_event_listener_with_callback(self.event, self.on_event.as_ref().unchecked_ref());
        }
    }
}

/// The name of the key that was pressed in a field (UI Events KeyboardEvent key Values), as the browser says it: the
/// framework's list of all names is cut out of the release (scripts/lib/slim.mjs).
pub fn key(event: &dioxus::prelude::KeyboardEvent) -> String {
    event.downcast::<KeyboardEvent>().map(KeyboardEvent::key).unwrap_or_default()
}

/// Keys pressed anywhere on the page. Those that `take` makes something of go no further, and come out of the channel.
pub fn keys<T: 'static>(
    take: impl Fn(&KeyboardEvent) -> Option<T> + 'static,
) -> (Listener, mpsc::UnboundedReceiver<T>) {
    let (pressed, keys) = mpsc::unbounded();
    let listener = Listener::new("keydown", move |event| {
        let taken = event.dyn_ref::<KeyboardEvent>().and_then(&take);
        if let Some(taken) = taken {
            event.prevent_default();
            // Fails only when nobody listens any more.
            let _ = pressed.unbounded_send(taken);
        }
    });
    (listener, keys)
}

/// An event anywhere on the page that a person has caused, and no script.
pub fn by_person(event: &'static str, on_event: impl Fn() + 'static) -> Listener {
    Listener::new(event, move |event| {
        if event.is_trusted() {
            on_event();
        }
    })
}

/// Whether there is a network, whenever that changes.
pub fn connection() -> ([Listener; 2], mpsc::UnboundedReceiver<bool>) {
    let (changed, changes) = mpsc::unbounded();
    let tell = |event, is_online| {
        let changed = changed.clone();
        Listener::new(event, move |_| {
            let _ = changed.unbounded_send(is_online);
        })
    };
    ([tell("online", true), tell("offline", false)], changes)
}

pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Returns before the browser paints, or soon where it paints nothing because nobody looks.
pub async fn next_frame() {
    const UNSEEN: Duration = Duration::from_millis(250);
    let (painted, frame) = oneshot::channel();
    let _request = FrameRequest::new(move || {
        // Fails only when nobody waits any more.
        let _ = painted.send(());
    });
    select(frame, Box::pin(browser::sleep(UNSEEN))).await;
}

/// Is not called any more once it is gone.
struct FrameRequest {
    id: Option<i32>,
    _on_frame: Closure<dyn FnMut()>,
}

impl FrameRequest {
    fn new(on_frame: impl FnOnce() + 'static) -> Self {
        let on_frame = Closure::once(on_frame);
        let request = |window: Window| window.request_animation_frame(on_frame.as_ref().unchecked_ref()).ok();
        Self { id: web_sys::window().and_then(request), _on_frame: on_frame }
    }
}

impl Drop for FrameRequest {
    fn drop(&mut self) {
        if let (Some(window), Some(id)) = (web_sys::window(), self.id) {
            // One that has been painted is no error.
            let _ = window.cancel_animation_frame(id);
        }
    }
}
