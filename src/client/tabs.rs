//! The other tabs of this browser: a session that ends in one ends in all.

use dioxus::prelude::*;
use futures_channel::mpsc;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::auth_state::{Auth, AuthState};
use crate::wire::auth::SessionId;

/// Heard by pages of our own origin only (T57).
const CHANNEL: &str = "oracle-ai";

/// What one tab tells the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// The person signed out.
    SignedOut { session: SessionId },
    /// The session is over.
    SessionEnded { session: SessionId },
}

/// Tells the other tabs.
pub fn tell(news: &News) {
    if let (Ok(channel), Ok(json)) = (BroadcastChannel::new(CHANNEL), serde_json::to_string(news)) {
        // Fails only on a closed channel.
        let _ = channel.post_message(&JsValue::from(json));
        channel.close();
    }
}

/// Listens for as long as the page is there.
pub async fn listen(auth: Auth) {
    let Ok(channel) = BroadcastChannel::new(CHANNEL) else { return };
    let (heard, mut news) = mpsc::unbounded();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let parsed = event.data().as_string().and_then(|json| serde_json::from_str::<News>(&json).ok());
        if let Some(parsed) = parsed {
            // Fails only when nobody listens any more.
            let _ = heard.unbounded_send(parsed);
        }
    });
    channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    while let Some(news) = news.next().await {
        follow(auth, news);
    }
}

/// Only a session that this tab holds concerns it.
fn follow(mut auth: Auth, news: News) {
    let (session, next) = match news {
        News::SignedOut { session } => (session, AuthState::SignedOut),
        News::SessionEnded { session } => (session, AuthState::Unknown),
    };
    let holds = matches!(&*auth.state.peek(), AuthState::SignedIn(signed_in) if signed_in.session == session);
    if holds {
        auth.state.set(next);
    }
}
