//! Whose turn it is to refresh a session, across all replicas.
//!
//! The lock is a lease that is renewed while the work lasts: a replica that dies gives it up by itself, and a provider
//! that takes long does not. Should a lease run out all the same (a process that was stopped for a while), the store's
//! revision of the session lets only one of the two write.

use std::{sync::Arc, time::Duration};

use crate::server::store::{LockOwner, RecordName, Store, StoreError};

/// A replica that died holds the others up for as long.
const LEASE: Duration = Duration::from_secs(6);
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// How often one who waits looks.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// Above all that one holder may take: discovery, a token request, a fetch of keys.
const PATIENCE: Duration = Duration::from_secs(50);

/// A held lock.
pub struct RefreshLock {
    store: Arc<dyn Store>,
    name: RecordName,
    owner: LockOwner,
}

/// Why the turn did not come.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another replica holds the lock for too long")]
    TooLong,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RefreshLock {
    /// Waits for the turn. `owner` is a name that nobody else has.
    pub async fn acquire(store: Arc<dyn Store>, name: RecordName, owner: LockOwner) -> Result<Self, LockError> {
        let turn = async {
            while !store.lock(&name, &owner, LEASE).await? {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Ok::<(), StoreError>(())
        };
        tokio::time::timeout(PATIENCE, turn).await.map_err(|_| LockError::TooLong)??;
        Ok(Self { store, name, owner })
    }

    /// Does the work while the lock is held, and gives it back.
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

    /// The work is not broken off where a renewal fails: what the provider has answered must be kept.
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
