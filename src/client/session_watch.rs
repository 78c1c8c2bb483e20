//! The server's word that a session is over, whoever has ended it: the provider, the person in another browser, an
//! administrator. It arrives within about a second (T87).
//!
//! One tab of a browser listens, the one that holds a Web Lock, and tells the others; when it is closed, the browser
//! gives the lock to the next. Where there are no Web Locks, every tab listens for itself.

use std::time::Duration;

use super::{auth_state::Auth, browser, browser_key, web_lock};
use crate::{
    api::{self, Authorized},
    wire::{auth::SessionId, error::ApiError, sessions::SessionEventKind},
};

const LOCK: &str = "oracle-ai.session-events";

/// Waits between two tries to listen; the last one is for all that come after.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

impl Auth {
    /// Listens for as long as it is not dropped.
    pub(super) async fn watch(self, session: SessionId) {
        let _turn = web_lock::acquire(LOCK).await;
        let mut tries = 0;
        loop {
            // A page in the background does not keep its session alive, as a refresh would.
            if self.token_is_over() {
                browser::shown().await;
            }
            match self.call(|token| api::sessions::session_events(Authorized::new(token, browser_key::sign, ()))).await
            {
                Ok(mut events) => {
                    while let Some(event) = events.recv().await {
                        match event.kind {
                            SessionEventKind::Lives => tries = 0,
                            SessionEventKind::Ended => return self.session_ended(session).await,
                        }
                    }
                }
                // Told to all tabs already, by whoever found out.
                Err(ApiError::SessionEnded) => return,
                // Told again when it is asked again.
                Err(_) => {}
            }
            browser::sleep(PAUSES[PAUSES.len().min(tries + 1) - 1]).await;
            tries += 1;
        }
    }
}
