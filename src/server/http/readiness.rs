//! What `/readyz` and the metrics report: checks of the parts that the server depends on.

mod peer_reports;

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::{
    task::AbortHandle,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

pub use peer_reports::PeerReports;

use crate::server::{
    auth::{oidc::MetadataStatus, sessions::Sessions},
    conversations::Conversations,
    observe::metrics,
};

/// How long a check of the stores is used for further requests. So any number of requests costs one check a second.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How often the stores are checked where other servers have to know that this one reaches them.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// The longest that a store may take to be read, and to be written.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Checks what the server depends on, when it is asked for.
pub struct Readiness {
    sessions: Arc<Sessions>,
    conversations: Arc<Conversations>,
    /// Where there may be other servers.
    peers: Option<PeerReports>,
    latest: Mutex<Option<Check>>,
    /// What the log says.
    logged: Mutex<Stores>,
}

/// A check of the stores, which may still run. It runs in a task of its own, to its end: a caller who gives up neither
/// cancels it nor causes another one.
struct Check {
    begun_at: Instant,
    task: AbortHandle,
    outcome: Shared<BoxFuture<'static, Stores>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stores {
    pub sessions: Access,
    /// Whether the store of sessions fails for this server, and works for another.
    pub sessions_cut_off: bool,
    pub conversations: Access,
}

/// What works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub read: bool,
    pub write: bool,
}

/// The state of all parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub stores: Stores,
    /// Whether this process has ever reached the store of sessions.
    has_had_sessions: bool,
    pub provider_metadata: MetadataStatus,
}

/// Whether requests should be sent here, and why not, or why not all of them work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ready,
    /// No other server is expected to do better, and people who are signed in go on working.
    Degraded(&'static str),
    /// Another server does better, nobody can sign in here, or no message can be stored.
    Unavailable(&'static str),
}

impl Readiness {
    pub fn new(sessions: Arc<Sessions>, conversations: Arc<Conversations>) -> Self {
        Self { sessions, conversations, peers: None, latest: Mutex::default(), logged: Mutex::new(Stores::WORK) }
    }

    /// With other servers that share both stores.
    pub fn with_peers(self, peers: PeerReports) -> Self {
        Self { peers: Some(peers), ..self }
    }

    /// Checks the stores again and again, also while nobody asks `/readyz`. Never returns.
    pub async fn keep_checking(self: Arc<Self>) {
        let mut ticks = interval(CHECK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.report().await;
        }
    }

    /// The state of all parts. It also sets their metrics.
    pub async fn report(self: &Arc<Self>) -> Report {
        let report = Report {
            stores: self.latest_check().await,
            has_had_sessions: self.sessions.store_has_worked(),
            provider_metadata: self.sessions.metadata_status(),
        };
        report.set_metrics();
        report
    }

    /// Begins a check, unless one is running or was begun a moment ago.
    fn latest_check(self: &Arc<Self>) -> Shared<BoxFuture<'static, Stores>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(check) = &*latest
            && (!check.task.is_finished() || check.begun_at.elapsed() < FRESH_FOR)
        {
            return check.outcome.clone();
        }
        let readiness = self.clone();
        let task = tokio::spawn(async move { readiness.check().await });
        let (begun_at, handle) = (Instant::now(), task.abort_handle());
        // A check that panicked found nothing that works.
        let outcome = task.map(|checked| checked.unwrap_or(Stores::FAIL)).boxed().shared();
        *latest = Some(Check { begun_at, task: handle, outcome: outcome.clone() });
        outcome
    }

    async fn check(&self) -> Stores {
        let logged = *self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions =
            check("sessions", logged.sessions, self.sessions.check_store(), self.sessions.check_store_writes());
        let sessions = async {
            match &self.peers {
                Some(peers) => peers.around(sessions).await,
                None => (sessions.await, false),
            }
        };
        let conversations =
            check("conversations", logged.conversations, self.conversations.check(), self.conversations.check_writes());
        let ((sessions, sessions_cut_off), conversations) = tokio::join!(sessions, conversations);
        match (logged.sessions_cut_off, sessions_cut_off) {
            (false, true) => tracing::warn!("the session store answers other servers, but not this one"),
            (true, false) if !sessions.read => tracing::warn!("the session store answers no other server either"),
            _ => {}
        }
        let stores = Stores { sessions, sessions_cut_off, conversations };
        *self.logged.lock().unwrap_or_else(PoisonError::into_inner) = stores;
        stores
    }
}

/// Reads, then writes. A change is logged once.
async fn check<E: fmt::Display>(
    store: &'static str,
    before: Access,
    read: impl Future<Output = Result<(), E>>,
    write: impl Future<Output = Result<(), E>>,
) -> Access {
    let (access, error) = match in_time(read).await {
        Err(error) => (Access { read: false, write: false }, Some(error)),
        Ok(()) => match in_time(write).await {
            Err(error) => (Access { read: true, write: false }, Some(error)),
            Ok(()) => (Access { read: true, write: true }, None),
        },
    };
    match error {
        _ if access == before => {}
        Some(error) => tracing::warn!(store, read = access.read, write = access.write, error, "not ready"),
        None => tracing::info!(store, "ready again"),
    }
    access
}

async fn in_time<E: fmt::Display>(check: impl Future<Output = Result<(), E>>) -> Result<(), String> {
    match timeout(TIME_LIMIT, check).await {
        Ok(checked) => checked.map_err(|error| error.to_string()),
        Err(_) => Err("no answer in time".into()),
    }
}

impl Stores {
    const WORK: Self = Self::all(true);
    const FAIL: Self = Self::all(false);

    const fn all(works: bool) -> Self {
        let access = Access { read: works, write: works };
        Self { sessions: access, sessions_cut_off: false, conversations: access }
    }
}

impl Report {
    pub fn verdict(&self) -> Verdict {
        let Stores { sessions, sessions_cut_off, conversations } = self.stores;
        if !conversations.read {
            return Verdict::Unavailable("the conversation store does not answer");
        }
        if !conversations.write {
            return Verdict::Unavailable("the conversation store takes no writes");
        }
        match sessions {
            Access { read: false, .. } if sessions_cut_off => {
                Verdict::Unavailable("the session store answers other servers, but not this one")
            }
            // It answers no server, and each has the sessions in use in its memory.
            Access { read: false, .. } if self.has_had_sessions => {
                Verdict::Degraded("the session store does not answer")
            }
            Access { read: false, .. } => Verdict::Unavailable("the session store does not answer"),
            // It is full or read-only, or this server alone is connected to a node that is no longer the master.
            Access { write: false, .. } => Verdict::Unavailable("the session store takes no writes"),
            // That makes no server worse than another: who is signed in stays so, and others are asked to try again.
            _ if self.provider_metadata == MetadataStatus::Failed => {
                Verdict::Degraded("the provider's metadata could not be fetched")
            }
            _ => Verdict::Ready,
        }
    }

    fn set_metrics(&self) {
        let Stores { sessions, sessions_cut_off, conversations } = self.stores;
        metrics::set_ready("sessions_read", sessions.read);
        metrics::set_ready("sessions_write", sessions.write);
        metrics::set_ready("sessions_connection", !sessions_cut_off);
        metrics::set_ready("conversations_read", conversations.read);
        metrics::set_ready("conversations_write", conversations.write);
        metrics::set_ready("provider_metadata", self.provider_metadata != MetadataStatus::Failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_other_servers_share_and_people_can_work_without_is_degraded() {
        // T105
        const WORKS: Access = Access { read: true, write: true };
        const READ_ONLY: Access = Access { read: true, write: false };
        const FAILS: Access = Access { read: false, write: false };
        for (sessions, cut_off, has_had_sessions, conversations, metadata_failed, expected) in [
            (WORKS, false, true, WORKS, false, "ready"),
            (WORKS, false, true, WORKS, true, "degraded"),
            (FAILS, false, true, WORKS, false, "degraded"),
            (FAILS, true, true, WORKS, false, "unavailable"),
            (FAILS, false, false, WORKS, false, "unavailable"),
            (READ_ONLY, false, true, WORKS, false, "unavailable"),
            (WORKS, false, true, READ_ONLY, false, "unavailable"),
            (WORKS, false, true, FAILS, false, "unavailable"),
            (FAILS, false, true, READ_ONLY, true, "unavailable"),
        ] {
            let provider_metadata = if metadata_failed { MetadataStatus::Failed } else { MetadataStatus::NotFetched };
            let stores = Stores { sessions, sessions_cut_off: cut_off, conversations };
            let report = Report { stores, has_had_sessions, provider_metadata };
            let found = match report.verdict() {
                Verdict::Ready => "ready",
                Verdict::Degraded(_) => "degraded",
                Verdict::Unavailable(_) => "unavailable",
            };
            assert_eq!(found, expected, "{report:?}");
        }
    }
}
