//! A lock across all replicas, so that one of them at a time refreshes a session.
//!
//! The lock is a lease that is renewed during the work: it expires if the replica dies, but not if the provider is slow.
//! If a lease expires during the work, as in a suspended process, the revision of the session in the store ensures that
//! only one of the two replicas can write.

use std::{sync::Arc, time::Duration};

use crate::server::store::{LockOwner, RecordName, Store, StoreError};

/// How long the lock is held without renewal: a replica that died delays the others by at most this.
const LEASE: Duration = Duration::from_secs(6);
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// The pause between tries to acquire the lock.
const RETRY_EVERY: Duration = Duration::from_millis(40);

/// How long to wait for the lock. Longer than one holder may take for discovery, a token request and a fetch of keys.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(50);

/// A held lock.
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
    pub async fn hold<T>(self, work: impl Future<Output = T>) -> T {
        let outcome = tokio::select! {
            outcome = work => outcome,
            never = self.renew() => match never {},
        };
        if let Err(error) = self.store.unlock(&self.name, &self.owner).await {
            tracing::warn!(%error, "a refresh lock could not be given back; it ends by itself");
        }
        outcome
    }

    /// The work continues if a renewal fails, as tokens that the provider has issued must be stored.
    async fn renew(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            match self.store.lock(&self.name, &self.owner, LEASE).await {
                Ok(true) => {}
                Ok(false) => tracing::warn!("a refresh lock was lost to another replica"),
                Err(error) => tracing::warn!(%error, "a refresh lock could not be renewed"),
            }
        }
    }
}
