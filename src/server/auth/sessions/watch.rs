//! Notification when a session ends, for open pages and for answers that are being written.
//!
//! Each watched session is looked up in the store once a second, regardless of the number of watchers. That is one read
//! of a record's head per second for each browser with an open page. Polling needs no publish and subscribe, which a
//! cluster or a proxy may lack, and it sees an end by any replica or command.

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Sessions;
use crate::{
    server::store::SecretHash,
    wire::sessions::{SessionEvent, SessionEventKind},
};

/// An open page must be notified of the end within two seconds (T87).
pub const POLL_EVERY: Duration = Duration::from_secs(1);

/// The watched sessions.
#[derive(Default)]
pub(super) struct Watches {
    watched: Mutex<HashMap<SecretHash, watch::Sender<bool>>>,
    closing: CancellationToken,
}

/// A watcher of one session.
#[derive(Clone)]
pub struct SessionEnd {
    ended: watch::Receiver<bool>,
    /// Cancelled when the server stops, which ends no session.
    closing: CancellationToken,
}

impl Sessions {
    /// Watches a session for as long as the [`SessionEnd`] exists.
    pub fn watch(self: &Arc<Self>, session: &SecretHash) -> SessionEnd {
        let mut watches = self.watches.lock();
        if let Some(ended) = watches.get(session) {
            return SessionEnd { ended: ended.subscribe(), closing: self.watches.closing.clone() };
        }
        let (sender, ended) = watch::channel(false);
        watches.insert(session.clone(), sender.clone());
        tokio::spawn(self.clone().poll(session.clone(), sender));
        SessionEnd { ended, closing: self.watches.closing.clone() }
    }

    /// Ends all event streams, so that their connections don't delay the server's shutdown.
    pub fn close(&self) {
        self.watches.closing.cancel();
    }

    async fn poll(self: Arc<Self>, session: SecretHash, ended: watch::Sender<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(POLL_EVERY) => {}
                () = ended.closed() => {
                    let mut watches = self.watches.lock();
                    // Under the lock, so that nobody subscribes meanwhile.
                    if ended.receiver_count() == 0 {
                        watches.remove(&session);
                        return;
                    }
                }
            }
            // An error of the store is not the end of the session.
            if let Ok(false) = self.records.session_lives(&session).await {
                self.watches.lock().remove(&session);
                ended.send_replace(true);
                return;
            }
        }
    }
}

impl SessionEnd {
    /// For a caller without a session: never ends.
    pub fn never() -> Self {
        let (sender, ended) = watch::channel(false);
        // A closed channel is not an end: see `ended`.
        drop(sender);
        Self { ended, closing: CancellationToken::new() }
    }

    /// Returns when the session has ended.
    pub async fn ended(mut self) {
        if self.ended.wait_for(|ended| *ended).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The events of `GET /api/session/events`: that the session is live, and then that it has ended.
    pub fn events(self) -> impl Stream<Item = Result<SessionEvent, Box<dyn Error + Send + Sync>>> + Send + 'static {
        let closing = self.closing.clone().cancelled_owned();
        let end = stream::once(async move {
            self.ended().await;
            SessionEventKind::Ended
        });
        let kinds = stream::iter([SessionEventKind::Lives]).chain(end);
        kinds.map(|kind| Ok(SessionEvent { kind })).take_until(closing)
    }
}

impl Watches {
    fn lock(&self) -> MutexGuard<'_, HashMap<SecretHash, watch::Sender<bool>>> {
        // No change under the lock can be left half-done by a panic.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
