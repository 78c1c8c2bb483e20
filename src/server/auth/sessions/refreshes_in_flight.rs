//! The refreshes under way in this process, each of which several callers may wait for.

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

/// Whose refresh it is: a session's, by the browser with this key. Whoever comes with another key shares nothing.
pub type Claimant = (SecretHash, Thumbprint);

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub struct RefreshesInFlight {
    by_claimant: Arc<Mutex<HashMap<Claimant, Shared<BoxFuture<'static, Outcome>>>>>,
    tasks: TaskTracker,
}

impl RefreshesInFlight {
    /// Something that belongs to a session's end, to be waited for like a refresh.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tasks.spawn(task)
    }

    /// Returns once none is under way.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits for the refresh of this claimant that is under way, or starts `refresh`.
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

    /// In a task of its own: the new refresh token must be stored even if the browser that asked has gone. The task is
    /// started by the first to wait for it, with the list unlocked.
    fn start(
        &self,
        claimant: Claimant,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Outcome>> {
        let refreshes = self.clone();
        async move {
            let under_way = UnderWay { refreshes, claimant };
            let task = under_way.refreshes.tasks.clone().spawn(
                async move {
                    let _under_way = under_way;
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

/// Takes the refresh out of the list when it is over, even by a panic.
struct UnderWay {
    refreshes: RefreshesInFlight,
    claimant: Claimant,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.refreshes.by_claimant.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claimant);
    }
}
