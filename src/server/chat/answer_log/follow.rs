//! Reading an answer that another server writes, up to its end.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::{AnswerLog, AnswerName};
use crate::{
    server::{
        chat::{lost_answer::end_lost, replay},
        conversations::{self, ConversationStore, store::StoredAnswer},
        environment::Environment,
        store::StoreError,
    },
    wire::chat::{ChatEvent, ChatEventKind},
};

/// How often the log is read while the answer is being written.
const POLL_INTERVAL: Duration = Duration::from_millis(25);
/// The same when there was no event for [`QUIET_AFTER`].
const QUIET_POLL_INTERVAL: Duration = Duration::from_millis(250);
const QUIET_AFTER: Duration = Duration::from_secs(1);

/// How long a reader waits for the first event.
const FIRST_EVENT_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the writer is sent a sign of a reader. It lasts for the grace period, and a little longer, as signs can be late.
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(1);
const ANNOUNCE_TOLERANCE: Duration = Duration::from_secs(3);

/// How often, while there are no events, the conversation store is checked for the end of the answer. The writer counts as
/// failed when two checks in a row find that it has not stored anything for too long: after an outage of the store, the
/// first may come before the writer's next call.
const STORE_CHECK_INTERVAL: Duration = Duration::from_secs(1);

pub struct Following {
    log: Arc<dyn AnswerLog>,
    store: Arc<dyn ConversationStore>,
    environment: Environment,
    answer: AnswerName,
    /// How long the writer continues without a reader.
    grace: Duration,
    /// The number of the next event.
    next: u64,
    last_event_at: Instant,
    announced_at: Option<Instant>,
    store_checked_at: Instant,
    /// The last check found that the answer had ended.
    had_ended: bool,
}

impl Following {
    /// Reads the answer after event number `after`, or from its start if there is no such event. `None` if there is no log
    /// of it.
    pub async fn start(
        log: Arc<dyn AnswerLog>,
        store: Arc<dyn ConversationStore>,
        environment: Environment,
        answer: AnswerName,
        grace: Duration,
        after: Option<u64>,
    ) -> Result<Option<impl Stream<Item = ChatEvent> + Send + use<>>, StoreError> {
        let events = first_events(&*log, &answer).await?;
        if events.is_empty() {
            return Ok(None);
        }
        let length = events.len() as u64;
        let first = after.and_then(|after| after.checked_add(1)).filter(|first| *first <= length).unwrap_or(0);
        let now = Instant::now();
        let mut following = Self {
            log,
            store,
            environment,
            answer,
            grace,
            next: length,
            last_event_at: now,
            announced_at: None,
            store_checked_at: now,
            had_ended: false,
        };
        following.announce().await;
        let rest = (!ends(&events)).then_some(following);
        let present = stream::iter(events).filter(move |event| std::future::ready(event.n >= first));
        Ok(Some(present.chain(stream::unfold(rest, Self::step).flat_map(stream::iter))))
    }

    /// The next events, and what reads those after them. `None` after the end.
    async fn step(following: Option<Self>) -> Option<(Vec<ChatEvent>, Option<Self>)> {
        let mut following = following?;
        let events = following.next_events().await?;
        let rest = (!ends(&events)).then_some(following);
        Some((events, rest))
    }

    /// Waits for the next events. `None` if the answer was deleted.
    async fn next_events(&mut self) -> Option<Vec<ChatEvent>> {
        loop {
            self.announce().await;
            match self.log.read(&self.answer, self.next).await {
                Ok(events) if !events.is_empty() => {
                    self.next += events.len() as u64;
                    self.last_event_at = Instant::now();
                    self.had_ended = false;
                    return Some(events);
                }
                // The log may be back before the end of the answer; the conversation store has that end, too.
                Ok(_) | Err(_) => {}
            }
            if self.is_time_to_check_the_store() {
                match self.stored().await {
                    Ok(Some(stored)) => {
                        if let Some(events) = self.end_of(&stored).await {
                            return Some(events);
                        }
                    }
                    Ok(None) => return None,
                    // The store is checked again: only an answer that is known to have ended, ends.
                    Err(_) => self.had_ended = false,
                }
            }
            let is_quiet = self.last_event_at.elapsed() >= QUIET_AFTER;
            sleep(if is_quiet { QUIET_POLL_INTERVAL } else { POLL_INTERVAL }).await;
        }
    }

    async fn announce(&mut self) {
        if self.announced_at.is_some_and(|at| at.elapsed() < ANNOUNCE_INTERVAL) {
            return;
        }
        self.announced_at = Some(Instant::now());
        // The writer continues for the grace period at least, and this is tried again.
        let _ = self.log.announce_reader(&self.answer, self.grace + ANNOUNCE_TOLERANCE).await;
    }

    fn is_time_to_check_the_store(&mut self) -> bool {
        let is_time = self.store_checked_at.max(self.last_event_at).elapsed() >= STORE_CHECK_INTERVAL;
        if is_time {
            self.store_checked_at = Instant::now();
        }
        is_time
    }

    async fn stored(&self) -> Result<Option<StoredAnswer>, conversations::StoreError> {
        self.store.answer(&self.answer.owner, &self.answer.answer, self.environment.now()).await
    }

    /// All events of the answer once more, from the store, if the answer has ended there although the log has no end: then
    /// its writer has failed.
    async fn end_of(&mut self, stored: &StoredAnswer) -> Option<Vec<ChatEvent>> {
        let had_ended = std::mem::replace(&mut self.had_ended, !stored.message.is_running());
        if !(had_ended && self.had_ended) {
            return None;
        }
        // Not stored, it is no end: it is tried again with the next check.
        let log = Some(&*self.log);
        let stored = end_lost(&*self.store, log, &self.answer, stored, self.environment.now()).await.ok()??;
        let reason = stored.message.end?;
        tracing::warn!("a reader has ended an answer whose server has failed");
        Some(replay(stored, reason))
    }
}

/// All events so far. The writer of an answer that has just begun appends the first one in a moment.
async fn first_events(log: &dyn AnswerLog, answer: &AnswerName) -> Result<Vec<ChatEvent>, StoreError> {
    let began_at = Instant::now();
    loop {
        let events = log.read(answer, 0).await?;
        if !events.is_empty() || began_at.elapsed() >= FIRST_EVENT_TIMEOUT {
            return Ok(events);
        }
        sleep(POLL_INTERVAL).await;
    }
}

fn ends(events: &[ChatEvent]) -> bool {
    matches!(events.last(), Some(ChatEvent { kind: ChatEventKind::End { .. }, .. }))
}
