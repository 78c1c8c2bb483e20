//! Receives the end of the session from the server within about a second, whether the provider, the person in another
//! browser or an administrator has ended it (T87).
//!
//! One tab of a browser listens, the one that holds a Web Lock, and broadcasts to the others; when it is closed, the
//! browser grants the lock to the next. Where there are no Web Locks, every tab listens.

use std::time::Duration;

use super::{auth::Auth, dpop_key, reauthentication};
use crate::{
    api::{self, Authorized},
    client::platform::{clock, locks, visibility},
    wire::{auth::SessionId, error::ApiError, sessions::SessionEventKind},
};

const LOCK: &str = "oracle-ai.session-events";

/// Between two attempts to listen, with jitter; the last delay is repeated.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

impl Auth {
    /// Listens until it is dropped.
    pub async fn watch(self, session: SessionId) {
        let _lock = locks::acquire(LOCK).await;
        let mut attempts = 0;
        loop {
            // A page in the background must not keep its session alive by a refresh.
            if self.is_token_expired() {
                visibility::until_visible().await;
            }
            let endpoint = |token| api::sessions::session_events(Authorized::new(token, dpop_key::sign, ()));
            match self.call(endpoint).await {
                Ok(mut events) => {
                    while let Some(event) = events.recv().await {
                        match event.kind {
                            SessionEventKind::Lives => attempts = 0,
                            SessionEventKind::Ended => {
                                if event.reauthenticate {
                                    reauthentication::require_after(&session).await;
                                }
                                return self.session_ended_elsewhere(session).await;
                            }
                        }
                    }
                }
                // `call` has left the session, and broadcast that.
                Err(ApiError::SessionEnded) => return,
                Err(_) => {}
            }
            clock::sleep_with_jitter(RETRY_DELAYS[attempts.min(RETRY_DELAYS.len() - 1)]).await;
            attempts += 1;
        }
    }
}
