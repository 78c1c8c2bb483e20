//! Notification when a session ends, for open pages and for answers that are being written.
//!
//! A session that this server ends is noticed at once. Those that other servers end are announced in a log
//! ([`SessionEnds`](crate::server::store::SessionEnds)), which one task reads once a second. As an announcement can be
//! lost, the task also checks that the records of all watched sessions exist, many with one command. The cost does not
//! depend on the number of watchers of a session, and hardly on the number of sessions.
//!
//! | file | holds |
//! |---|---|
//! | `watched` | the watched sessions, and which of them have to be checked |
//! | `task` | the task that reads announcements and checks sessions |

mod task;
mod watched;

#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{Sessions, records::Records};
use crate::{
    server::store::{EndCause, SecretHash},
    wire::sessions::{SessionEvent, SessionEventKind},
};

use watched::Watch;
pub(super) use watched::Watched;

/// A watcher of one session.
#[derive(Clone)]
pub struct SessionEnd {
    /// `None` for a caller without a session.
    watch: Option<Arc<Watch>>,
    /// Cancelled when the server stops, which ends no session.
    closing: CancellationToken,
}

impl Sessions {
    /// Watches a session for as long as the [`SessionEnd`] exists.
    pub fn watch(&self, session: &SecretHash) -> SessionEnd {
        self.records.watch(session)
    }

    /// Ends all event streams, so that their connections don't delay the server's shutdown.
    pub fn close(&self) {
        self.records.watched().close();
    }
}

impl Records {
    /// Watches a session for as long as the [`SessionEnd`] exists.
    pub fn watch(&self, session: &SecretHash) -> SessionEnd {
        let watch = self.watched().add(session, || tokio::spawn(task::run(self.clone())));
        SessionEnd { watch: Some(watch), closing: self.watched().closing() }
    }
}

impl SessionEnd {
    /// For a caller without a session: never ends.
    pub fn never() -> Self {
        Self { watch: None, closing: CancellationToken::new() }
    }

    /// Returns when the session has ended.
    pub async fn ended(self) -> EndCause {
        match &self.watch {
            Some(watch) => watch.ended().await,
            None => std::future::pending().await,
        }
    }

    /// The events of `GET /api/session/events`: that the session is live, and then that it has ended.
    pub fn events(self) -> impl Stream<Item = Result<SessionEvent, Box<dyn Error + Send + Sync>>> + Send + 'static {
        let closing = self.closing.clone().cancelled_owned();
        let lives = SessionEvent { kind: SessionEventKind::Lives, reauthenticate: false };
        let end = stream::once(async move {
            let reauthenticate = self.ended().await == EndCause::Deliberate;
            SessionEvent { kind: SessionEventKind::Ended, reauthenticate }
        });
        stream::iter([lives]).chain(end).map(Ok).take_until(closing)
    }
}
