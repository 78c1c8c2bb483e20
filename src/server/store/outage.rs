//! A wrapper of another store, so that people stay signed in during an outage of that store.
//!
//! This process caches the access tokens that it has seen valid, until they expire, and the used proofs that it has seen.
//! All other calls fail, and no token is accepted that was not accepted before.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use moka::future::Cache;

use super::{IN_USE, Kind, LockOwner, MemoryStore, Record, RecordName, SecretHash, SessionCount, Store, StoreError};

/// The maximum of the count of sessions in use.
const MAX_IN_USE: u64 = 1_000_000;

/// Caches records of `store` that are needed during an outage.
pub struct OutageStore {
    store: Arc<dyn Store>,
    /// The cached records, and the used proofs.
    cache: MemoryStore,
    /// Until when an accepted proof may be valid that could not be stored in `cache`, which was full.
    uncached_until: Mutex<SystemTime>,
    /// The sessions that this process has written within [`IN_USE`], each with its end.
    in_use: Cache<SecretHash, SystemTime>,
}

impl OutageStore {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_cache(store, MemoryStore::new())
    }

    fn with_cache(store: Arc<dyn Store>, cache: MemoryStore) -> Self {
        let in_use = Cache::builder().max_capacity(MAX_IN_USE).time_to_live(IN_USE).build();
        Self { store, cache, uncached_until: Mutex::new(UNIX_EPOCH), in_use }
    }

    fn uncached_until(&self) -> MutexGuard<'_, SystemTime> {
        self.uncached_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the record from the caches, even if the store could not be reached, so that this process stops accepting it.
    async fn evict(&self, name: &RecordName) -> Result<(), StoreError> {
        if matches!(name.kind, Kind::Session | Kind::IssuedToken) {
            self.cache.remove(name).await?;
        }
        if name.kind == Kind::Session {
            self.in_use.invalidate(&name.hash).await;
        }
        Ok(())
    }

    /// Counts the session as in use. It is written when it begins, and when it is refreshed.
    async fn mark_in_use(&self, name: &RecordName, ends_at: SystemTime) {
        if name.kind == Kind::Session {
            self.in_use.insert(name.hash.clone(), ends_at).await;
        }
    }
}

#[async_trait]
impl Store for OutageStore {
    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let answer = self.store.get(name, now).await;
        if name.kind != Kind::IssuedToken {
            return answer;
        }
        match answer {
            Ok(Some(record)) => self.cache.put(name, record.clone()).await.map(|()| Some(record)),
            Ok(None) => self.cache.remove(name).await.map(|_| None),
            Err(error) => self.cache.get(name, now).await?.map(Some).ok_or(error),
        }
    }

    /// During an outage, a session stays live until the end that it had when it was last read. It can't be refreshed.
    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        match self.store.head(name, now).await {
            Ok(Some(head)) if name.kind == Kind::Session => {
                self.cache.put(name, head.clone()).await.map(|()| Some(head))
            }
            Ok(None) => {
                self.evict(name).await?;
                self.cache.remove(name).await.map(|_| None)
            }
            // A session that was not seen is an error, as it may exist.
            Err(error) => self.cache.head(name, now).await?.map(Some).ok_or(error),
            head => head,
        }
    }

    async fn missing(&self, names: &[RecordName], now: SystemTime) -> Result<Vec<RecordName>, StoreError> {
        let missing = self.store.missing(names, now).await?;
        for name in &missing {
            self.evict(name).await?;
        }
        Ok(missing)
    }

    fn checked_at_once(&self) -> usize {
        self.store.checked_at_once()
    }

    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        // A logout token can't be processed without the store: it must be sent again later, and be unused then (T82).
        if name.kind == Kind::UsedLogoutToken {
            return self.store.consume(name, until, now).await;
        }
        let cached = self.cache.consume(name, until, now).await;
        if let Ok(false) = cached {
            return Ok(false);
        }
        if cached.is_err() {
            let mut uncached_until = self.uncached_until();
            *uncached_until = until.max(*uncached_until);
        }
        match self.store.consume(name, until, now).await {
            // It may have been used without being stored in `cache`.
            Err(error) if now < *self.uncached_until() => Err(error),
            // Unused at this process. That has to suffice, as a proof is for one host and path, and is valid for minutes.
            Err(error) => {
                tracing::debug!(%error, "a proof was judged without the store");
                cached
            }
            known => known,
        }
    }

    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        Ok(self.cache.is_used(name, now).await? || self.store.is_used(name, now).await?)
    }

    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError> {
        let ends_at = record.ends_at;
        self.store.put(name, record).await?;
        self.mark_in_use(name, ends_at).await;
        Ok(())
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        let ends_at = record.ends_at;
        let replaced = self.store.replace(name, record).await?;
        if replaced {
            self.mark_in_use(name, ends_at).await;
        }
        Ok(replaced)
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        self.store.take(name, now).await
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        let removed = self.store.remove(name).await;
        self.evict(name).await?;
        removed
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        let removed = self.store.remove_revision(name, revision).await;
        self.evict(name).await?;
        removed
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.store.add(name, member, until, now).await
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        self.store.members(name, now).await
    }

    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError> {
        self.store.remove_member(name, member).await
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        self.store.lock(name, owner, lease).await
    }

    async fn renew(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        self.store.renew(name, owner, lease).await
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        self.store.unlock(name, owner).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        self.store.check_writes().await
    }

    fn has_worked(&self) -> bool {
        self.store.has_worked()
    }

    fn clock_tolerance(&self) -> Duration {
        self.store.clock_tolerance()
    }

    fn sessions(&self, now: SystemTime) -> SessionCount {
        let count = self.in_use.iter().filter(|(_, ends_at)| now < *ends_at).count();
        SessionCount::InUseHere(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn proof(n: u64) -> RecordName {
        RecordName { kind: Kind::UsedProof, hash: SecretHash::numbered(n) }
    }

    fn small() -> MemoryStore {
        MemoryStore::with_capacity(0, 0, 16)
    }

    async fn fill(store: &MemoryStore, until: SystemTime, now: SystemTime) {
        for n in 0..400 {
            let _ = store.consume(&proof(n), until, now).await;
        }
    }

    #[tokio::test]
    async fn after_a_proof_could_not_be_cached_none_is_accepted_during_an_outage_until_that_one_has_expired() {
        // T69
        let now = SystemTime::now();
        let (soon, late) = (now + 10 * SECOND, now + 300 * SECOND);
        let store = Arc::new(small());
        let with_cache = |cache| OutageStore::with_cache(store.clone(), cache);
        let full = with_cache(small());
        fill(&full.cache, soon, now).await;
        assert!(full.consume(&proof(1_000), late, now).await.unwrap(), "the store has space");

        // The store fails now, and there is space in memory again.
        fill(&store, late, now).await;
        let now = soon + SECOND;
        assert!(with_cache(small()).consume(&proof(2_000), late, now).await.unwrap(), "its cache is complete");
        assert!(full.consume(&proof(2_000), late, now).await.is_err());
    }
}
