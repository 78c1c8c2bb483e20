//! A lock across all replicas, so that one of them at a time refreshes a session.
//!
//! The lock is a lease that is renewed during the work: it expires if the replica dies, but not if the provider is slow.
//! A lease can still expire during the work, as in a process that is suspended or can't reach the store. So the lock is
//! confirmed before the provider is called, and the revision of the session in the store ensures that only one of two
//! replicas can write.

use std::{sync::Arc, time::Duration};

use crate::server::store::{LockOwner, RecordName, Store, StoreError};

/// How long the lock is held without renewal: a replica that died delays the others by at most this.
const LEASE: Duration = Duration::from_secs(6);
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// The pause between tries to acquire the lock.
const RETRY_EVERY: Duration = Duration::from_millis(40);

/// How long to wait for the lock. Longer than one holder may take for discovery, a token request and a fetch of keys.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(50);

/// A lock that was acquired.
pub struct RefreshLock {
    store: Arc<dyn Store>,
    name: RecordName,
    owner: LockOwner,
}

/// Why the lock was not acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another replica holds the lock for too long")]
    TooLong,
    #[error("the lock was lost to another replica")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RefreshLock {
    /// Waits for the lock. `owner` must be unique.
    pub async fn acquire(store: Arc<dyn Store>, name: RecordName, owner: LockOwner) -> Result<Self, LockError> {
        let acquired = async {
            while !store.lock(&name, &owner, LEASE).await? {
                tokio::time::sleep(RETRY_EVERY).await;
            }
            Ok::<(), StoreError>(())
        };
        tokio::time::timeout(ACQUIRE_TIMEOUT, acquired).await.map_err(|_| LockError::TooLong)??;
        Ok(Self { store, name, owner })
    }

    /// Does the work while holding the lock, and releases it.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        let outcome = tokio::select! {
            outcome = work => outcome,
            never = self.renew() => match never {},
        };
        if let Err(error) = self.store.unlock(&self.name, &self.owner).await {
            tracing::warn!(%error, "a refresh lock could not be released; it expires");
        }
        outcome
    }

    /// Renews the lock, so that a whole lease lies ahead. An error if it was lost, even if it is free again: another
    /// replica may have changed what was read under it.
    pub async fn confirm(&self) -> Result<(), LockError> {
        match self.store.renew(&self.name, &self.owner, LEASE).await? {
            true => Ok(()),
            false => Err(LockError::Lost),
        }
    }

    /// The work continues if a renewal fails, as tokens that the provider has issued must be stored.
    async fn renew(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            if let Err(error) = self.confirm().await {
                tracing::warn!(%error, "a refresh lock could not be renewed");
            }
        }
    }
}
