//! `CHAT_RETENTION_DAYS`: conversations are deleted so many days after their last question. Each server does so, in small
//! steps: what one deletes, the others skip.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::store::{ConversationStore, StoreError};
use crate::server::{
    environment::Environment,
    observe::{
        audit::{self, Event},
        metrics,
    },
};

/// How often it is looked for conversations to delete.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// So many are deleted in one transaction, so that messages don't wait for long to be stored.
const STEP: usize = 20;

/// Between two steps, for others that write.
const PAUSE: Duration = Duration::from_millis(50);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Retention {
    store: Arc<dyn ConversationStore>,
    environment: Environment,
    days: NonZeroU32,
}

impl Retention {
    pub fn new(store: Arc<dyn ConversationStore>, environment: Environment, days: NonZeroU32) -> Self {
        Self { store, environment, days }
    }

    /// Never returns.
    pub async fn keep_sweeping(self) {
        let mut ticks = interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // The next time may be better.
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "old conversations are not deleted");
            }
        }
    }

    /// Deletes what is too old now. Returns how many.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let outcome = loop {
            match self.step().await {
                Ok(0) => break Ok(deleted),
                Ok(step) => deleted += step,
                Err(error) => break Err(error),
            }
            sleep(PAUSE).await;
        };
        if deleted > 0 {
            let days = self.days;
            let reason = format_args!("{deleted} conversations, after {days} days");
            audit::record(Event::ConversationsExpired, None, Some(&reason));
        }
        outcome
    }

    async fn step(&self) -> Result<usize, StoreError> {
        let now = self.environment.now();
        // Nothing is so old.
        let Some(before) = now.checked_sub(DAY.saturating_mul(self.days.get())) else { return Ok(0) };
        let deleted = self.store.delete_expired(before, STEP, now).await?;
        metrics::conversations_expired(deleted);
        Ok(deleted)
    }
}
