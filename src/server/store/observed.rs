//! A wrapper of a store that times each call, with a span for it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;

use super::{LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError};
use crate::server::observe::store_calls::session_store_call;

pub struct ObservedStore(pub Arc<dyn Store>);

#[async_trait]
impl Store for ObservedStore {
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError> {
        session_store_call("session store put", self.0.put(name, record)).await
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        session_store_call("session store replace", self.0.replace(name, record)).await
    }

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        session_store_call("session store get", self.0.get(name, now)).await
    }

    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        session_store_call("session store head", self.0.head(name, now)).await
    }

    async fn missing(&self, names: &[RecordName], now: SystemTime) -> Result<Vec<RecordName>, StoreError> {
        session_store_call("session store missing", self.0.missing(names, now)).await
    }

    fn checked_at_once(&self) -> usize {
        self.0.checked_at_once()
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        session_store_call("session store take", self.0.take(name, now)).await
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        session_store_call("session store remove", self.0.remove(name)).await
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        session_store_call("session store remove_revision", self.0.remove_revision(name, revision)).await
    }

    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        session_store_call("session store spend", self.0.consume(name, until, now)).await
    }

    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        session_store_call("session store is_spent", self.0.is_used(name, now)).await
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        session_store_call("session store add", self.0.add(name, member, until, now)).await
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        session_store_call("session store members", self.0.members(name, now)).await
    }

    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError> {
        session_store_call("session store remove_member", self.0.remove_member(name, member)).await
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        session_store_call("session store lock", self.0.lock(name, owner, lease)).await
    }

    async fn renew(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        session_store_call("session store renew", self.0.renew(name, owner, lease)).await
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        session_store_call("session store unlock", self.0.unlock(name, owner)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        session_store_call("session store check", self.0.check()).await
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        session_store_call("session store check_writes", self.0.check_writes()).await
    }

    fn has_worked(&self) -> bool {
        self.0.has_worked()
    }

    fn clock_tolerance(&self) -> Duration {
        self.0.clock_tolerance()
    }

    fn sessions(&self, now: SystemTime) -> SessionCount {
        self.0.sessions(now)
    }
}
