//! The other tabs of this browser: a session that ends in one ends in all, and an access token that one was given is
//! all tabs' own.
//!
//! The token goes from memory to memory, to pages of our own origin only (T49, T57). That gives nothing away: a script
//! that could listen there could as well use the browser key itself.

use futures_channel::mpsc;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::{auth::Auth, sign_out::EndedBy};
use crate::{
    client::platform::browser,
    wire::auth::{RefreshResponse, SessionId},
};

const CHANNEL: &str = "oracle-ai";

/// What one tab tells the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum News {
    /// The session was left in another tab.
    SignedOut { session: SessionId, ended_by: EndedBy },
    /// The session is over.
    SessionEnded { session: SessionId },
    /// A page was opened that needs a token of this session.
    Asked { session: SessionId },
    /// There is a new token, or a good one for the page that asked.
    Refreshed {
        session: SessionId,
        /// With the seconds that are left of each time.
        answer: Box<RefreshResponse>,
    },
}

/// Tells the other tabs.
pub fn tell(news: &News) {
    if let (Ok(channel), Ok(json)) = (BroadcastChannel::new(CHANNEL), serde_json::to_string(news)) {
        // Fails only on a closed channel.
        let _ = channel.post_message(&JsValue::from(json));
        channel.close();
    }
}

/// Listens for as long as the page is there. What it tells itself, it hears too.
pub async fn listen(auth: Auth) {
    let Ok(channel) = BroadcastChannel::new(CHANNEL) else { return };
    let (heard, mut news) = mpsc::unbounded();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(news) = read(&event) {
            // Fails only when nobody listens any more.
            let _ = heard.unbounded_send(news);
        }
    });
    channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    while let Some(news) = news.next().await {
        follow(auth, news);
    }
}

/// Only what a page of ours can have said. Browsers see to that too (T57).
fn read(event: &MessageEvent) -> Option<News> {
    let json = event.data().as_string().filter(|_| event.origin() == browser::origin())?;
    serde_json::from_str(&json).ok()
}

/// Only a session that this tab holds, or is about to, concerns it.
fn follow(auth: Auth, news: News) {
    match news {
        // Also where the session is about to be resumed: what the server has answered by then is nobody's any more.
        News::SignedOut { session, ended_by } if auth.holds(&session) || auth.is_resuming(&session) => {
            auth.signed_out_elsewhere(ended_by);
        }
        News::SignedOut { .. } => {}
        News::SessionEnded { session } => auth.forget_ended(&session),
        News::Asked { session } => auth.answer(&session),
        News::Refreshed { session, answer } => auth.hear(session, *answer),
    }
}
