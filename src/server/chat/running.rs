//! The answers that this process is writing, and those that have ended a moment ago.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::log::EventLog;
use crate::{
    server::conversations::Owner,
    wire::{
        chat::MessageId,
        error::{ApiError, RETRY_AFTER_SECONDS},
    },
};

/// Running answers of one person, each in another conversation.
const MAX_PER_OWNER: usize = 8;
/// The same with requests that are not stored yet: several can have the same idempotency key, and then only one begins.
const MAX_REQUESTS_PER_OWNER: usize = 64;
/// Of all people. Answers that have ended are evicted for new ones. With the longest answers, this is some 2 GB.
const MAX_ANSWERS: usize = 1_000;

pub struct RunningAnswer {
    pub owner: Owner,
    pub log: Arc<EventLog>,
    stop: watch::Sender<bool>,
}

#[derive(Default)]
pub struct RunningAnswers {
    answers: Mutex<HashMap<MessageId, Arc<RunningAnswer>>>,
    /// The tasks that write them.
    pub tasks: TaskTracker,
    /// Cancelled when the server drains: no new answer begins.
    pub refusing: CancellationToken,
    /// Cancelled when the server stops: running answers end.
    pub closing: CancellationToken,
}

impl RunningAnswer {
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns once a stop was requested.
    pub async fn stopped(&self) {
        // Can't fail: `self` holds the sender.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

impl RunningAnswers {
    /// Adds an answer that is about to begin, within the limits.
    pub fn insert(&self, answer: &MessageId, owner: &Owner) -> Result<Arc<RunningAnswer>, ApiError> {
        if self.refusing.is_cancelled() {
            return Err(ApiError::Unavailable);
        }
        let mut answers = self.answers();
        let requests: Vec<_> =
            answers.values().filter(|running| running.owner == *owner && !running.log.has_ended()).collect();
        let begun = requests.iter().filter(|running| running.log.has_begun()).count();
        if begun >= MAX_PER_OWNER || requests.len() >= MAX_REQUESTS_PER_OWNER {
            return Err(ApiError::TooManyRequests { retry_after: RETRY_AFTER_SECONDS });
        }
        if answers.len() >= MAX_ANSWERS {
            // Their readers get them from the store.
            answers.retain(|_, running| !running.log.has_ended());
        }
        if answers.len() >= MAX_ANSWERS {
            tracing::warn!("{MAX_ANSWERS} answers at a time are all there is room for");
            return Err(ApiError::Unavailable);
        }
        let running = Arc::new(RunningAnswer {
            owner: owner.clone(),
            log: Arc::new(EventLog::new()),
            stop: watch::Sender::new(false),
        });
        answers.insert(answer.clone(), running.clone());
        Ok(running)
    }

    pub fn find(&self, answer: &MessageId, owner: &Owner) -> Option<Arc<RunningAnswer>> {
        self.answers().get(answer).filter(|running| running.owner == *owner).cloned()
    }

    pub fn remove(&self, answer: &MessageId) {
        self.answers().remove(answer);
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<MessageId, Arc<RunningAnswer>>> {
        // Every change under the lock is complete on its own, so the state is consistent even after a panic.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{
        auth::UserClaims,
        chat::{ChatEventKind, EndReason},
    };

    fn owner(n: usize) -> Owner {
        let (iss, sub) = ("https://sso.example.com".into(), n.to_string());
        Owner::of(&UserClaims { iss, sub, name: None, preferred_username: None, email: None, user_id: None })
    }

    #[test]
    fn one_person_has_eight_answers_written_at_a_time_whichever_browser_asks() {
        // T106
        let answers = RunningAnswers::default();
        let open = |n: usize, owner: usize| {
            let inserted = answers.insert(&MessageId::new(n.to_string()), &self::owner(owner));
            inserted.inspect(|running| {
                let (question, answer) = (MessageId::new("q"), MessageId::new(n.to_string()));
                running.log.append(ChatEventKind::Open { question, answer, model: "m".into() });
            })
        };
        let running: Vec<_> = (0..MAX_PER_OWNER).map(|n| open(n, 1).unwrap()).collect();
        assert!(matches!(open(100, 1), Err(ApiError::TooManyRequests { .. })));
        assert!(open(101, 2).is_ok(), "somebody else's");
        running[0].log.append(ChatEventKind::End { reason: EndReason::Complete });
        assert!(open(102, 1).is_ok());
    }

    #[test]
    fn answers_that_have_ended_are_evicted_for_new_ones() {
        let answers = RunningAnswers::default();
        let insert = |n: usize| answers.insert(&MessageId::new(n.to_string()), &owner(n));
        let running: Vec<_> = (0..MAX_ANSWERS).map(|n| insert(n).unwrap()).collect();
        assert_eq!(insert(MAX_ANSWERS).err(), Some(ApiError::Unavailable));
        running[7].log.append(ChatEventKind::End { reason: EndReason::Complete });
        assert!(insert(MAX_ANSWERS).is_ok());
        assert!(insert(MAX_ANSWERS + 1).is_err(), "the others have not ended");
        assert!(answers.find(&MessageId::new("8"), &owner(8)).is_some());
    }
}
