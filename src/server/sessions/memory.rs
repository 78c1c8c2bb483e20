//! Sessions in the process's own memory, bounded: for development, tests and a single small server.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use moka::{
    future::{Cache, CacheBuilder},
    ops::compute::{CompResult, Op},
    policy::EvictionPolicy,
};

use super::{
    pending::{PENDING_LIFETIME, PendingAuthorization},
    session::{ABSOLUTE_LIFETIME, IDLE_LIFETIME, IssuedToken, SecretHash, Session},
    store::{SessionStore, StoreError},
};

/// Beyond this many, the least used records make room. A flood of begun logins can't push out sessions: each kind
/// has a cache of its own.
const MAX_RECORDS: u64 = 100_000;

/// Names are spent for some minutes: longer than any proof can pass.
const SPENT_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A thousand calls a second for as long. Beyond that, the oldest make room.
const MAX_SPENT: u64 = 1_000_000;

/// Records end by the time they carry; the caches' own lifetimes only give memory back.
pub struct MemoryStore {
    pending: Cache<SecretHash, PendingAuthorization>,
    sessions: Cache<SecretHash, Session>,
    issued_tokens: Cache<SecretHash, IssuedToken>,
    /// Until when each name is spent.
    spent: Cache<SecretHash, SystemTime>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self {
            pending: cache(PENDING_LIFETIME).build(),
            sessions: cache(ABSOLUTE_LIFETIME).time_to_idle(IDLE_LIFETIME).build(),
            issued_tokens: cache(ABSOLUTE_LIFETIME).build(),
            spent: cache(SPENT_LIFETIME).max_capacity(MAX_SPENT).build(),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn put_pending(&self, state: SecretHash, pending: PendingAuthorization) -> Result<(), StoreError> {
        self.pending.insert(state, pending).await;
        Ok(())
    }

    async fn take_pending(
        &self,
        state: &SecretHash,
        now: SystemTime,
    ) -> Result<Option<PendingAuthorization>, StoreError> {
        Ok(self.pending.remove(state).await.filter(|pending| now < pending.expires_at))
    }

    async fn spend(&self, name: SecretHash, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        let spent = self.spent.entry(name).or_insert_with_if(async { until }, |until| *until <= now).await;
        Ok(spent.is_fresh())
    }

    async fn put_session(&self, id: SecretHash, session: Session) -> Result<(), StoreError> {
        self.sessions.insert(id, session).await;
        Ok(())
    }

    async fn update_session(&self, id: &SecretHash, session: Session) -> Result<bool, StoreError> {
        let outcome = self
            .sessions
            .entry_by_ref(id)
            .and_compute_with(|current| async move { current.map_or(Op::Nop, |_| Op::Put(session)) })
            .await;
        Ok(outcome.into_entry().is_some())
    }

    async fn session(&self, id: &SecretHash, now: SystemTime) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions.get(id).await.filter(|session| now < session.expires_at()))
    }

    async fn remove_session(&self, id: &SecretHash) -> Result<Option<Session>, StoreError> {
        // Not `remove`: that does not wait for an update under way, which would then put the session back.
        let outcome = self
            .sessions
            .entry_by_ref(id)
            .and_compute_with(|current| async move { current.map_or(Op::Nop, |_| Op::Remove) })
            .await;
        match outcome {
            CompResult::Removed(session) => Ok(Some(session.into_value())),
            _ => Ok(None),
        }
    }

    async fn put_issued_token(&self, token: SecretHash, issued: IssuedToken) -> Result<(), StoreError> {
        self.issued_tokens.insert(token, issued).await;
        Ok(())
    }

    async fn issued_token(&self, token: &SecretHash, now: SystemTime) -> Result<Option<IssuedToken>, StoreError> {
        Ok(self.issued_tokens.get(token).await.filter(|issued| now < issued.expires_at))
    }
}

fn cache<V: Clone + Send + Sync + 'static>(
    time_to_live: Duration,
) -> CacheBuilder<SecretHash, V, Cache<SecretHash, V>> {
    Cache::builder().max_capacity(MAX_RECORDS).eviction_policy(EvictionPolicy::lru()).time_to_live(time_to_live)
}
