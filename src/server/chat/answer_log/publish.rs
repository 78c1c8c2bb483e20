//! The task that appends the events of one answer to the log that all servers read.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{AnswerLog, AnswerName};
use crate::server::chat::log::EventLog;

/// Events of this time are appended together.
const BATCH_INTERVAL: Duration = Duration::from_millis(15);
/// The pause after a failed append. The log may be back before the answer's end.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// How often an append is tried after the answer's end.
const MAX_TRIES_AFTER_END: usize = 20;

/// Returns when all events are in the log, up to the end of the answer.
pub async fn publish(events: Arc<EventLog>, log: Arc<dyn AnswerLog>, answer: AnswerName) {
    let (mut length, mut failures) = (0, 0);
    loop {
        events.longer_than(length).await;
        let has_ended = events.has_ended();
        if !has_ended {
            sleep(BATCH_INTERVAL).await;
        }
        let new = events.events_from(length);
        if new.is_empty() {
            return;
        }
        match log.append(&answer, length, &new).await {
            // If the log was lost, its length is 0, and all events are appended again.
            Ok(appended) => (length, failures) = (appended, 0),
            Err(_) if has_ended && failures >= MAX_TRIES_AFTER_END => return,
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(%error, "other servers can't follow a running answer now");
                }
                failures += 1;
                sleep(RETRY_PAUSE).await;
            }
        }
    }
}
