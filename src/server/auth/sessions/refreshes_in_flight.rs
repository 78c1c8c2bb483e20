//! The refreshes in flight in this process. Several callers may wait for the same one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::{RefreshFailure, refresh::Outcome};
use crate::server::{auth::dpop::Thumbprint, store::SecretHash};

/// A session, and the DPoP key of the caller: callers with different keys never share a refresh.
pub type Claimant = (SecretHash, Thumbprint);

/// The refreshes in flight, and other tasks to wait for at shutdown.
#[derive(Clone, Default)]
pub struct RefreshesInFlight {
    by_claimant: Arc<Mutex<HashMap<Claimant, Shared<BoxFuture<'static, Outcome>>>>>,
    tasks: TaskTracker,
}

impl RefreshesInFlight {
    /// Spawns a task that [`Self::finished`] waits for, too, such as a revocation.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tasks.spawn(task)
    }

    /// Returns once none is in flight.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits for the refresh of this claimant that is in flight, or starts `refresh`.
    pub(super) async fn join(
        &self,
        claimant: Claimant,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let shared = {
            let mut refreshes = self.by_claimant.lock().unwrap_or_else(PoisonError::into_inner);
            refreshes.entry(claimant.clone()).or_insert_with(|| self.start(claimant, refresh)).clone()
        };
        shared.await
    }

    /// In a task of its own, as the new refresh token must be stored even if the browser has disconnected. The first
    /// caller to wait spawns the task, after the map was unlocked.
    fn start(
        &self,
        claimant: Claimant,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Outcome>> {
        let refreshes = self.clone();
        async move {
            let in_flight = InFlight { refreshes, claimant };
            let task = in_flight.refreshes.tasks.clone().spawn(
                async move {
                    let _in_flight = in_flight;
                    refresh.await
                }
                .in_current_span(),
            );
            task.await.unwrap_or(Err(RefreshFailure::Lost))
        }
        .boxed()
        .shared()
    }
}

/// Removes the refresh from the map when it ends, even by a panic.
struct InFlight {
    refreshes: RefreshesInFlight,
    claimant: Claimant,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.refreshes.by_claimant.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claimant);
    }
}
