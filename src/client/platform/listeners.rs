//! Events of the window: keys, input, the network.

use futures_channel::mpsc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, KeyboardEvent, window};

use super::keyboard;

/// A key that was pressed.
#[derive(Clone, Debug, Default)]
pub struct KeyPress {
    pub key: String,
    /// Its place on the keyboard, independent of the layout.
    pub code: String,
    /// Control or Command.
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
    /// Whether an input method composes a text with it.
    pub is_composing: bool,
    /// Whether the key is held down.
    pub is_repeated: bool,
}

/// Listens to an event until it is dropped.
pub struct Listener {
    target: Option<EventTarget>,
    event: &'static str,
    on_event: Closure<dyn Fn(Event)>,
}

impl Listener {
    /// Of the window.
    pub(super) fn on_window(event: &'static str, on_event: impl Fn(Event) + 'static) -> Self {
        Self::at(window().map(Into::into), event, on_event)
    }

    fn at(target: Option<EventTarget>, event: &'static str, on_event: impl Fn(Event) + 'static) -> Self {
        let on_event = Closure::<dyn Fn(Event)>::new(on_event);
        if let Some(target) = &target {
            // Fails only for a listener that is no function.
            let _ = target.add_event_listener_with_callback(event, on_event.as_ref().unchecked_ref());
        }
        Self { target, event, on_event }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let _ = target.remove_event_listener_with_callback(self.event, self.on_event.as_ref().unchecked_ref());
        }
    }
}

/// Keys pressed anywhere on the page, as `take` maps them, but those that an element has handled. The browser does nothing else with a key for which `take`
/// returns something.
pub fn key_presses<T: 'static>(
    take: impl Fn(&KeyPress) -> Option<T> + 'static,
) -> (Listener, mpsc::UnboundedReceiver<T>) {
    let (sender, keys) = mpsc::unbounded();
    let listener = Listener::on_window("keydown", move |event| {
        if event.default_prevented() {
            return;
        }
        let taken = event.dyn_ref::<KeyboardEvent>().and_then(|event| take(&KeyPress::of(event)));
        if let Some(taken) = taken {
            event.prevent_default();
            // Fails only when the receiver was dropped.
            let _ = sender.unbounded_send(taken);
        }
    });
    (listener, keys)
}

/// An event anywhere on the page that a person has caused, not a script.
pub fn trusted_events(event: &'static str, on_event: impl Fn() + 'static) -> Listener {
    Listener::on_window(event, move |event| {
        if event.is_trusted() {
            on_event();
        }
    })
}

/// Whether the browser is online, at each change.
pub fn connection_changes() -> ([Listener; 2], mpsc::UnboundedReceiver<bool>) {
    let (sender, changes) = mpsc::unbounded();
    let listen = |event, is_online| {
        let sender = sender.clone();
        Listener::on_window(event, move |_| {
            let _ = sender.unbounded_send(is_online);
        })
    };
    ([listen("online", true), listen("offline", false)], changes)
}

/// Whether a media query matches, at each change.
pub fn media_changes(query: &str) -> (Listener, mpsc::UnboundedReceiver<bool>) {
    let (sender, changes) = mpsc::unbounded();
    let list = window().and_then(|window| window.match_media(query).ok()?);
    let changed = list.clone();
    let listener = Listener::at(list.map(Into::into), "change", move |_| {
        // Fails only when the receiver was dropped.
        let _ = sender.unbounded_send(changed.as_ref().is_some_and(|list| list.matches()));
    });
    (listener, changes)
}

pub fn is_online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

impl KeyPress {
    fn of(event: &KeyboardEvent) -> Self {
        Self {
            key: event.key(),
            code: event.code(),
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
            is_composing: keyboard::is_for_input_method(event),
            is_repeated: event.repeat(),
        }
    }
}
