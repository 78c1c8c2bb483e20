//! The answers that this process is writing, and those that have ended a moment ago.

use std::{
    collections::HashMap,
    num::NonZeroU32,
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

const MAX_ANSWERS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
const ANSWERS_PER_PERSON: NonZeroU32 = NonZeroU32::new(8).unwrap();

/// For each answer that one person may have, as many requests that are not stored yet: several can have the same
/// idempotency key, and then only one begins.
const REQUESTS_PER_ANSWER: usize = 8;

/// How many answers this process writes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerLimits {
    /// Of all people. Answers that have ended are evicted for new ones. A thousand of the longest take some 2 GB.
    pub total: NonZeroU32,
    /// Of one person, each in another conversation; `None` for no limit.
    pub per_person: Option<NonZeroU32>,
}

pub struct RunningAnswer {
    pub owner: Owner,
    pub log: Arc<EventLog>,
    stop: watch::Sender<bool>,
}

pub struct RunningAnswers {
    limits: AnswerLimits,
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

impl AnswerLimits {
    pub const DEFAULT: Self = Self { total: MAX_ANSWERS, per_person: Some(ANSWERS_PER_PERSON) };

    fn total(self) -> usize {
        usize::try_from(self.total.get()).unwrap_or(usize::MAX)
    }

    fn per_person(self) -> usize {
        self.per_person.map_or(usize::MAX, |limit| usize::try_from(limit.get()).unwrap_or(usize::MAX))
    }
}

impl RunningAnswers {
    pub fn new(limits: AnswerLimits) -> Self {
        Self {
            limits,
            answers: Mutex::default(),
            tasks: TaskTracker::new(),
            refusing: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Adds an answer that is about to begin, within the limits.
    pub fn insert(&self, answer: &MessageId, owner: &Owner) -> Result<Arc<RunningAnswer>, ApiError> {
        if self.refusing.is_cancelled() {
            return Err(ApiError::Unavailable);
        }
        let mut answers = self.answers();
        let requests: Vec<_> =
            answers.values().filter(|running| running.owner == *owner && !running.log.has_ended()).collect();
        let begun = requests.iter().filter(|running| running.log.has_begun()).count();
        let per_person = self.limits.per_person();
        if begun >= per_person || requests.len() >= per_person.saturating_mul(REQUESTS_PER_ANSWER) {
            return Err(ApiError::TooManyRequests { retry_after: RETRY_AFTER_SECONDS });
        }
        if answers.len() >= self.limits.total() {
            // Their readers get them from the store.
            answers.retain(|_, running| !running.log.has_ended());
        }
        if answers.len() >= self.limits.total() {
            tracing::warn!(limit = self.limits.total, "MAX_ANSWERS: no room for another answer");
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

    /// How many have not ended.
    pub fn count(&self) -> usize {
        self.answers().values().filter(|running| !running.log.has_ended()).count()
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

    /// 0 stands for no limit of one person.
    fn limits(total: u32, per_person: u32) -> AnswerLimits {
        AnswerLimits { total: NonZeroU32::new(total).unwrap(), per_person: NonZeroU32::new(per_person) }
    }

    #[test]
    fn one_person_has_so_many_answers_written_at_a_time_whichever_browser_asks() {
        // T106
        let answers = RunningAnswers::new(limits(1_000, 3));
        let open = |n: usize, owner: usize| {
            let inserted = answers.insert(&MessageId::new(n.to_string()), &self::owner(owner));
            inserted.inspect(|running| {
                let (question, answer) = (MessageId::new("q"), MessageId::new(n.to_string()));
                running.log.append(ChatEventKind::Open { question, answer, model: "m".into(), sent_from: None });
            })
        };
        let running: Vec<_> = (0..3).map(|n| open(n, 1).unwrap()).collect();
        assert!(matches!(open(100, 1), Err(ApiError::TooManyRequests { .. })));
        assert!(open(101, 2).is_ok(), "somebody else's");
        running[0].log.append(ChatEventKind::End { reason: EndReason::Complete });
        assert!(open(102, 1).is_ok());
    }

    #[test]
    fn answers_that_have_ended_are_evicted_for_new_ones() {
        let answers = RunningAnswers::new(limits(10, 8));
        let insert = |n: usize| answers.insert(&MessageId::new(n.to_string()), &owner(n));
        let running: Vec<_> = (0..10).map(|n| insert(n).unwrap()).collect();
        assert_eq!(insert(10).err(), Some(ApiError::Unavailable));
        running[7].log.append(ChatEventKind::End { reason: EndReason::Complete });
        assert_eq!(answers.count(), 9);
        assert!(insert(10).is_ok());
        assert!(insert(11).is_err(), "the others have not ended");
        assert!(answers.find(&MessageId::new("8"), &owner(8)).is_some());
    }

    #[test]
    fn without_a_limit_one_person_may_have_all_answers_of_the_process() {
        let answers = RunningAnswers::new(limits(200, 0));
        let insert = |n: usize| answers.insert(&MessageId::new(n.to_string()), &owner(1));
        assert!((0..200).all(|n| insert(n).is_ok()));
        assert_eq!(insert(200).err(), Some(ApiError::Unavailable));
    }
}
