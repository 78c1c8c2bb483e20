//! Who must be told when a session ends: pages that show something of the person's, and answers that are being written.
//!
//! Each session that is watched in this process is looked for in the store once a second, however many watch it. That
//! is one read of 16 bytes a second for each browser with an open page; it needs nothing of the store that a cluster,
//! or a proxy before it, may lack, and an end is seen whichever replica or command has made it.

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

/// With what it takes to tell the page, less than two seconds (T87).
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The sessions that are watched.
#[derive(Default)]
pub(super) struct Watches {
    watched: Mutex<HashMap<SecretHash, watch::Sender<bool>>>,
    closing: CancellationToken,
}

/// Tells when a session has ended.
#[derive(Clone)]
pub struct SessionEnd {
    ended: watch::Receiver<bool>,
    /// The server stops, which ends no session.
    closing: CancellationToken,
}

impl Sessions {
    /// Watches a session until nobody waits for its end any more.
    pub fn watch(self: &Arc<Self>, session: &SecretHash) -> SessionEnd {
        let mut watches = self.watches.lock();
        if let Some(ended) = watches.get(session) {
            return SessionEnd { ended: ended.subscribe(), closing: self.watches.closing.clone() };
        }
        let (sender, ended) = watch::channel(false);
        watches.insert(session.clone(), sender.clone());
        tokio::spawn(self.clone().look_for(session.clone(), sender));
        SessionEnd { ended, closing: self.watches.closing.clone() }
    }

    /// Ends the streams that tell of ends, so that no connection outlives the server.
    pub fn close(&self) {
        self.watches.closing.cancel();
    }

    async fn look_for(self: Arc<Self>, session: SecretHash, ended: watch::Sender<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = ended.closed() => {
                    let mut watches = self.watches.lock();
                    // Under the lock: nobody joins while it is taken away.
                    if ended.receiver_count() == 0 {
                        watches.remove(&session);
                        return;
                    }
                }
            }
            // A store that is away has ended nothing.
            if let Ok(false) = self.records.session_lives(&session).await {
                self.watches.lock().remove(&session);
                ended.send_replace(true);
                return;
            }
        }
    }
}

impl SessionEnd {
    /// Of nobody's session.
    pub fn never() -> Self {
        let (sender, ended) = watch::channel(false);
        // Nobody sends; that the sender is gone is no end either.
        drop(sender);
        Self { ended, closing: CancellationToken::new() }
    }

    /// Returns when the session has ended.
    pub async fn ended(mut self) {
        if self.ended.wait_for(|ended| *ended).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What `GET /api/session/events` tells: that the session lives, and in the end that it does not.
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
        // Every change under the lock is whole.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
