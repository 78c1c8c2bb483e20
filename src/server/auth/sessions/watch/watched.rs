//! The watched sessions of this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::server::store::{EndCause, EndedSession, SecretHash};

/// How often the record of each session is checked, unless there are more than [`Watched::due`] may return.
pub const CHECK_EVERY: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Watched {
    state: Mutex<State>,
    closing: CancellationToken,
}

#[derive(Default)]
struct State {
    sessions: HashMap<SecretHash, Entry>,
    /// Runs while there are sessions.
    task: Option<JoinHandle<()>>,
}

struct Entry {
    watch: Weak<Watch>,
    end: watch::Sender<Option<EndCause>>,
    /// When the session ends unless it is used. `None` if it has not been read yet.
    expires_at: Option<SystemTime>,
    /// When the record was last seen. `None` if that has to be done now.
    seen_at: Option<Instant>,
}

/// The watchers of one session share it. The session is watched until it is dropped.
pub struct Watch {
    session: SecretHash,
    end: watch::Receiver<Option<EndCause>>,
    watched: Arc<Watched>,
}

/// The sessions that have to be checked now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// It is not known when they end, or the time that was known has come.
    pub expiring: Vec<SecretHash>,
    /// Their records may have been removed.
    pub unseen: Vec<SecretHash>,
}

impl Watched {
    /// Adds a watcher. `start` starts the task, if it does not run.
    pub fn add(self: &Arc<Self>, session: &SecretHash, start: impl FnOnce() -> JoinHandle<()>) -> Arc<Watch> {
        let mut state = self.state();
        if let Some(watch) = state.sessions.get(session).and_then(|entry| entry.watch.upgrade()) {
            return watch;
        }
        let (sender, end) = watch::channel(None);
        let watch = Arc::new(Watch { session: session.clone(), end, watched: self.clone() });
        let entry = Entry { watch: Arc::downgrade(&watch), end: sender, expires_at: None, seen_at: None };
        state.sessions.insert(session.clone(), entry);
        // A task that panicked, or whose runtime was shut down, is replaced.
        if state.task.as_ref().is_none_or(JoinHandle::is_finished) {
            state.task = Some(start());
        }
        watch
    }

    /// Notifies the watchers of a session that it has ended.
    pub fn end(&self, session: &SecretHash, cause: EndCause) {
        let entry = self.state().sessions.remove(session);
        if let Some(entry) = entry {
            entry.end.send_replace(Some(cause));
        }
    }

    /// Whether the task may stop, as there are no sessions. A later one starts it again.
    pub fn may_stop(&self) -> bool {
        let mut state = self.state();
        let is_empty = state.sessions.is_empty();
        if is_empty {
            state.task = None;
        }
        is_empty
    }

    /// The sessions to check, of the unseen at most `max_unseen`: those that have waited longest.
    pub fn due(&self, now: SystemTime, max_unseen: usize) -> Due {
        let (mut due, mut unseen) = (Due::default(), vec![]);
        let seen_long_ago = Instant::now().checked_sub(CHECK_EVERY);
        for (session, entry) in &self.state().sessions {
            match (entry.expires_at, entry.seen_at) {
                (None, _) => due.expiring.push(session.clone()),
                (Some(expires_at), _) if expires_at <= now => due.expiring.push(session.clone()),
                (Some(_), Some(seen_at)) if Some(seen_at) > seen_long_ago => {}
                (Some(_), seen_at) => unseen.push((seen_at, session.clone())),
            }
        }
        if unseen.len() > max_unseen {
            unseen.select_nth_unstable_by_key(max_unseen, |(seen_at, _)| *seen_at);
            unseen.truncate(max_unseen);
        }
        due.unseen = unseen.into_iter().map(|(_, session)| session).collect();
        due
    }

    /// Those of these sessions that are watched and have ended for this cause.
    pub fn among(&self, sessions: &[EndedSession], cause: EndCause) -> Vec<SecretHash> {
        let state = self.state();
        let ended = sessions.iter().filter(|ended| ended.cause == cause).map(|ended| &ended.session);
        ended.filter(|session| state.sessions.contains_key(*session)).cloned().collect()
    }

    /// Notes when the session ends unless it is used.
    pub fn expires_at(&self, session: &SecretHash, expires_at: SystemTime) {
        if let Some(entry) = self.state().sessions.get_mut(session) {
            entry.expires_at = Some(expires_at);
            entry.seen_at = Some(Instant::now());
        }
    }

    /// Notes that the records of these sessions exist.
    pub fn saw(&self, sessions: &[SecretHash]) {
        let mut state = self.state();
        for session in sessions {
            if let Some(entry) = state.sessions.get_mut(session) {
                entry.seen_at = Some(Instant::now());
            }
        }
    }

    /// Has all sessions checked.
    pub fn suspect_all(&self) {
        for entry in self.state().sessions.values_mut() {
            entry.seen_at = None;
        }
    }

    pub fn close(&self) {
        self.closing.cancel();
    }

    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.state().sessions.len()
    }

    #[cfg(test)]
    pub fn has_task(&self) -> bool {
        self.state().task.is_some()
    }

    /// Nothing that may drop a [`Watch`] is called under the lock, as that takes it too.
    fn state(&self) -> MutexGuard<'_, State> {
        // No change under the lock can be left half-done by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    pub async fn ended(&self) -> EndCause {
        match self.end.clone().wait_for(Option::is_some).await.map(|cause| *cause) {
            Ok(Some(cause)) => cause,
            // Not reached: the sender exists until there is a cause, or no watcher.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.watched.state();
        // Another watcher may have come meanwhile, with an entry of its own.
        if state.sessions.get(&self.session).is_some_and(|entry| entry.watch.strong_count() == 0) {
            state.sessions.remove(&self.session);
        }
    }
}
