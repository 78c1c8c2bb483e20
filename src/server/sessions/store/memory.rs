//! Records in the process's own memory, bounded: for development, tests and a single small server.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use moka::{
    future::{Cache, CacheBuilder},
    ops::compute::{CompResult, Op},
    policy::EvictionPolicy,
};

use super::{Kind, LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError};
use crate::server::sessions::{ABSOLUTE_LIFETIME, IDLE_LIFETIME, PENDING_LIFETIME};

/// Beyond this many, the least used records make room. A flood of begun logins can't push out sessions: each kind
/// has a cache of its own.
const MAX_RECORDS: u64 = 100_000;

/// Names are spent for some minutes: longer than any proof can pass.
const SPENT_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A thousand calls a second for as long. Beyond that, the oldest make room.
const MAX_SPENT: u64 = 1_000_000;

/// Longer than any logout token can pass, and than any login may take.
const LOGOUT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Longer than any lease.
const LOCK_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Records end by the time they carry; the caches' own lifetimes only give memory back.
pub struct MemoryStore {
    pending: Cache<SecretHash, Record>,
    sessions: Cache<SecretHash, Record>,
    issued_tokens: Cache<SecretHash, Record>,
    /// Until when each name is spent.
    spent: Cache<SecretHash, SystemTime>,
    spent_logouts: Cache<SecretHash, SystemTime>,
    locks: Cache<SecretHash, Lease>,
    cards: Cache<SecretHash, Record>,
    ended: Cache<SecretHash, Record>,
    of_provider_sessions: Cache<SecretHash, Members>,
    of_users: Cache<SecretHash, Members>,
}

/// Each with its end.
type Members = HashMap<String, SystemTime>;

#[derive(Clone)]
struct Lease {
    owner: LockOwner,
    until: Instant,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self {
            pending: cache(PENDING_LIFETIME).build(),
            sessions: cache(ABSOLUTE_LIFETIME).time_to_idle(IDLE_LIFETIME).build(),
            issued_tokens: cache(ABSOLUTE_LIFETIME).build(),
            spent: cache(SPENT_LIFETIME).max_capacity(MAX_SPENT).build(),
            spent_logouts: cache(LOGOUT_LIFETIME).build(),
            locks: cache(LOCK_LIFETIME).build(),
            cards: cache(ABSOLUTE_LIFETIME).build(),
            ended: cache(LOGOUT_LIFETIME).build(),
            of_provider_sessions: cache(ABSOLUTE_LIFETIME).build(),
            of_users: cache(ABSOLUTE_LIFETIME).build(),
        }
    }

    /// The records of this kind; names that are spent, locks and sets are no records.
    fn records(&self, kind: Kind) -> Result<&Cache<SecretHash, Record>, StoreError> {
        match kind {
            Kind::Pending => Ok(&self.pending),
            Kind::Session => Ok(&self.sessions),
            Kind::IssuedToken => Ok(&self.issued_tokens),
            Kind::Card => Ok(&self.cards),
            Kind::Ended => Ok(&self.ended),
            Kind::Spent | Kind::SpentLogout | Kind::RefreshLock | Kind::OfProviderSession | Kind::OfUser => {
                Err(StoreError(format!("{} is no record", kind.name())))
            }
        }
    }

    fn sets(&self, kind: Kind) -> Result<&Cache<SecretHash, Members>, StoreError> {
        match kind {
            Kind::OfProviderSession => Ok(&self.of_provider_sessions),
            Kind::OfUser => Ok(&self.of_users),
            _ => Err(StoreError(format!("{} is no set", kind.name()))),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError> {
        self.records(name.kind)?.insert(name.hash.clone(), record).await;
        Ok(())
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        let outcome = self
            .records(name.kind)?
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move {
                match current {
                    Some(current) if current.value().revision + 1 == record.revision => Op::Put(record),
                    _ => Op::Nop,
                }
            })
            .await;
        Ok(matches!(outcome, CompResult::ReplacedWith(_)))
    }

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        Ok(self.records(name.kind)?.get(&name.hash).await.filter(|record| now < record.ends_at))
    }

    async fn has(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        Ok(self.get(name, now).await?.is_some())
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        Ok(self.records(name.kind)?.remove(&name.hash).await.filter(|record| now < record.ends_at))
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        // Not `Cache::remove`: that does not wait for a replacement under way, which would then put the record back.
        let outcome = self
            .records(name.kind)?
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move { current.map_or(Op::Nop, |_| Op::Remove) })
            .await;
        Ok(matches!(outcome, CompResult::Removed(_)))
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        let outcome = self
            .records(name.kind)?
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move {
                match current {
                    Some(current) if current.value().revision == revision => Op::Remove,
                    _ => Op::Nop,
                }
            })
            .await;
        Ok(matches!(outcome, CompResult::Removed(_)))
    }

    async fn spend(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        let names = if name.kind == Kind::SpentLogout { &self.spent_logouts } else { &self.spent };
        let name = name.hash.clone();
        let spent = names.entry(name).or_insert_with_if(async { until }, |until| *until <= now).await;
        Ok(spent.is_fresh())
    }

    async fn add(&self, name: &RecordName, member: &str, until: SystemTime, now: SystemTime) -> Result<(), StoreError> {
        let member = member.to_owned();
        self.sets(name.kind)?
            .entry_by_ref(&name.hash)
            .and_upsert_with(|current| async move {
                let mut members = current.map(|current| current.into_value()).unwrap_or_default();
                members.retain(|_, until| now < *until);
                members.insert(member, until);
                members
            })
            .await;
        Ok(())
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<String>, StoreError> {
        let members = self.sets(name.kind)?.get(&name.hash).await.unwrap_or_default();
        Ok(members.into_iter().filter(|(_, until)| now < *until).map(|(member, _)| member).collect())
    }

    async fn remove_member(&self, name: &RecordName, member: &str) -> Result<bool, StoreError> {
        let outcome = self
            .sets(name.kind)?
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move {
                let Some(mut members) = current.map(|current| current.into_value()) else { return Op::Nop };
                match members.remove(member) {
                    None => Op::Nop,
                    Some(_) if members.is_empty() => Op::Remove,
                    Some(_) => Op::Put(members),
                }
            })
            .await;
        Ok(matches!(outcome, CompResult::ReplacedWith(_) | CompResult::Removed(_)))
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let now = Instant::now();
        let lease = Lease { owner: owner.clone(), until: now + lease };
        let outcome = self
            .locks
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move {
                match current.map(|current| current.into_value()) {
                    Some(held) if held.owner != lease.owner && now < held.until => Op::Nop,
                    _ => Op::Put(lease),
                }
            })
            .await;
        Ok(matches!(outcome, CompResult::Inserted(_) | CompResult::ReplacedWith(_)))
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        self.locks
            .entry_by_ref(&name.hash)
            .and_compute_with(|current| async move {
                match current {
                    Some(held) if held.value().owner == *owner => Op::Remove,
                    _ => Op::Nop,
                }
            })
            .await;
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Looks at each: some milliseconds where there are as many as there may be.
    fn sessions(&self, now: SystemTime) -> SessionCount {
        let living = self.sessions.iter().filter(|(_, record)| now < record.ends_at).count();
        SessionCount::All(u64::try_from(living).unwrap_or(u64::MAX))
    }
}

fn cache<V: Clone + Send + Sync + 'static>(
    time_to_live: Duration,
) -> CacheBuilder<SecretHash, V, Cache<SecretHash, V>> {
    Cache::builder().max_capacity(MAX_RECORDS).eviction_policy(EvictionPolicy::lru()).time_to_live(time_to_live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_of_begun_logins_takes_bounded_room_and_pushes_no_session_out() {
        // T106
        let store = MemoryStore::new();
        let now = SystemTime::now();
        let record = || Record { sealed: vec![7; 300], revision: 0, ends_at: now + PENDING_LIFETIME };
        let session = RecordName::of(Kind::Session, "somebody's");
        store.put(&session, record()).await.unwrap();
        let begun = |n: u64| RecordName { kind: Kind::Pending, hash: SecretHash::numbered(n) };
        for n in 0..MAX_RECORDS + MAX_RECORDS / 2 {
            store.put(&begun(n), record()).await.unwrap();
        }
        store.pending.run_pending_tasks().await;
        assert!(store.pending.entry_count() <= MAX_RECORDS, "{}", store.pending.entry_count());
        assert!(store.has(&session, now).await.unwrap());
        assert!(store.has(&begun(MAX_RECORDS + MAX_RECORDS / 2 - 1), now).await.unwrap(), "the latest is there");
    }
}
