//! Whether the store of sessions fails for this server alone, or for all servers.
//!
//! A server that reaches the store reports it in the database, where the others read it. A server is cut off if
//!
//! 1. a check of its own failed,
//! 2. then another server began a check, which succeeded, and reported it, and
//! 3. then another check of its own began, and failed.
//!
//! So an outage that begins or ends for all servers at about the same time cuts none off: no check that begins after 1
//! succeeds in the one case, and that of 3 does in the other. A server withdraws its report with its first failure.
//! Therefore the servers are never all cut off at once: one of them was the last to succeed, and no report is left for it.
//! Where a server is killed and leaves its report, that takes up to [`RECENT`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Access;
use crate::server::conversations::{
    StoreError,
    peers::{DatabaseTime, OtherServers, Peers, ServerName},
};

/// How long a report counts, in milliseconds: a few checks, each of which may take seconds.
const RECENT: i64 = 10_000;

/// The longest that reports may take to be read, and to be written.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// Reads and writes the reports around each check of this server.
pub struct PeerReports {
    peers: Arc<dyn Peers>,
    server: ServerName,
    /// Once cancelled, no requests should be sent here, so this server is no reason for others to refuse them.
    draining: CancellationToken,
    /// A time after the first of the failures since this server last reached the store.
    failed_at: Mutex<Option<DatabaseTime>>,
}

impl PeerReports {
    pub fn new(peers: Arc<dyn Peers>, server: ServerName, draining: CancellationToken) -> Self {
        Self { peers, server, draining, failed_at: Mutex::default() }
    }

    /// Runs this check of the store, and returns whether this server alone is cut off from it. One check at a time.
    pub async fn around(&self, check: impl Future<Output = Access>) -> (Access, bool) {
        let before = in_time(self.peers.others(&self.server)).await;
        let access = check.await;
        if access.write {
            self.set_failed_at(None);
            self.succeeded(before).await;
            return (access, false);
        }
        let failed_at = self.failed_at();
        if failed_at.is_none() {
            let after = self.first_failed().await;
            self.set_failed_at(after.map(|after| after.now));
        }
        (access, is_cut_off(failed_at, before))
    }

    async fn succeeded(&self, before: Option<OtherServers>) {
        match before {
            _ if self.draining.is_cancelled() => in_time(self.peers.withdraw(&self.server)).await,
            Some(before) => in_time(self.peers.report(&self.server, before.now)).await,
            None => None,
        };
    }

    async fn first_failed(&self) -> Option<OtherServers> {
        in_time(async {
            self.peers.withdraw(&self.server).await?;
            self.peers.others(&self.server).await
        })
        .await
    }

    fn failed_at(&self) -> Option<DatabaseTime> {
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_failed_at(&self, time: Option<DatabaseTime>) {
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

/// `failed_at` is after an earlier failure, and `others` is before the latest one.
fn is_cut_off(failed_at: Option<DatabaseTime>, others: Option<OtherServers>) -> bool {
    let (Some(failed_at), Some(OtherServers { now, reached_at: Some(reached_at) })) = (failed_at, others) else {
        return false;
    };
    failed_at < reached_at && now.0.saturating_sub(reached_at.0) <= RECENT
}

/// `None` without the database. Then the check of the conversations fails, too, and the cause is logged there.
async fn in_time<T>(call: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    timeout(TIME_LIMIT, call).await.ok()?.ok()
}

#[cfg(test)]
mod tests;
