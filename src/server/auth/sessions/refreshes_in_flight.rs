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

/// The session's name in the store, and the caller's DPoP key: callers with different keys must not share a refresh.
pub type RefreshId = (SecretHash, Thumbprint);

/// The refreshes in flight, and other tasks to wait for at shutdown.
#[derive(Clone, Default)]
pub struct RefreshesInFlight {
    in_flight: Arc<Mutex<HashMap<RefreshId, Shared<BoxFuture<'static, Outcome>>>>>,
    tasks: TaskTracker,
}

impl RefreshesInFlight {
    /// Spawns another task that [`Self::finished`] waits for, such as a revocation.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tasks.spawn(task)
    }

    /// Returns once none is in flight.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits for the refresh in flight with this id, or starts `refresh`.
    pub(super) async fn join(
        &self,
        refresh_id: RefreshId,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let shared = {
            let mut refreshes = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            refreshes.entry(refresh_id.clone()).or_insert_with(|| self.start(refresh_id, refresh)).clone()
        };
        shared.await
    }

    /// Runs the refresh in its own task, as the new refresh token must be stored even if the browser disconnects. The task
    /// is spawned by the first poll, after the map was unlocked.
    fn start(
        &self,
        refresh_id: RefreshId,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Outcome>> {
        let refreshes = self.clone();
        async move {
            let in_flight = InFlight { refreshes, refresh_id };
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
    refresh_id: RefreshId,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.refreshes.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.refresh_id);
    }
}
