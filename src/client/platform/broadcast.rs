//! Texts to the other tabs of this browser, by `BroadcastChannel`. Only pages of the same origin receive them (T49, T57).

use futures_channel::mpsc;
use futures_util::StreamExt;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::location;

/// Receives until it is dropped.
pub struct Receiver {
    texts: mpsc::UnboundedReceiver<String>,
    channel: BroadcastChannel,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

pub fn post(channel: &str, text: &str) {
    if let Ok(channel) = BroadcastChannel::new(channel) {
        // Fails only on a closed channel.
        let _ = channel.post_message(&JsValue::from(text));
        channel.close();
    }
}

impl Receiver {
    /// `None` where there is no `BroadcastChannel`.
    pub fn new(channel: &str) -> Option<Self> {
        let channel = BroadcastChannel::new(channel).ok()?;
        let (sender, texts) = mpsc::unbounded();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Browsers see to the origin themselves; checked again, as these messages carry tokens (T57).
            if let Some(text) = event.data().as_string().filter(|_| event.origin() == location::origin()) {
                // Fails only when the receiver was dropped.
                let _ = sender.unbounded_send(text);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { texts, channel, _on_message: on_message })
    }

    /// The next text, of this tab too.
    pub async fn next(&mut self) -> Option<String> {
        self.texts.next().await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.channel.close();
    }
}
