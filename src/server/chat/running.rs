//! The answers that this process is writing, and those it has just written.

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

/// Answers that one person can have written at a time, in as many conversations.
const MAX_OF_OWNER: usize = 8;
/// With those of which it is not known yet whether they begin: the same message may be sent many times at once.
const MAX_SENT_BY_OWNER: usize = 64;
/// Those that have ended and are still remembered make room for others. With the longest answers, some 2 GB.
const MAX_OF_ALL: usize = 1_000;

pub struct Running {
    pub owner: Owner,
    pub log: Arc<EventLog>,
    stop: watch::Sender<bool>,
}

#[derive(Default)]
pub struct RunningAnswers {
    answers: Mutex<HashMap<MessageId, Arc<Running>>>,
    /// Those who write them.
    pub tasks: TaskTracker,
    /// The server stops: none begins any more, and those that are written end.
    pub closing: CancellationToken,
}

impl Running {
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns once it is to be stopped.
    pub async fn stopped(&self) {
        // The sender is ours: it does not go away while we wait.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

impl RunningAnswers {
    /// Makes room for an answer that is about to begin.
    pub fn admit(&self, answer: &MessageId, owner: &Owner) -> Result<Arc<Running>, ApiError> {
        if self.closing.is_cancelled() {
            return Err(ApiError::Unavailable);
        }
        let mut answers = self.answers();
        let sent: Vec<_> =
            answers.values().filter(|running| running.owner == *owner && !running.log.has_ended()).collect();
        let begun = sent.iter().filter(|running| running.log.has_begun()).count();
        if begun >= MAX_OF_OWNER || sent.len() >= MAX_SENT_BY_OWNER {
            return Err(ApiError::TooManyRequests { retry_after: RETRY_AFTER_SECONDS });
        }
        if answers.len() >= MAX_OF_ALL {
            // Who comes back to one of them is told it from the store.
            answers.retain(|_, running| !running.log.has_ended());
        }
        if answers.len() >= MAX_OF_ALL {
            tracing::warn!("{MAX_OF_ALL} answers at a time are all there is room for");
            return Err(ApiError::Unavailable);
        }
        let running =
            Arc::new(Running { owner: owner.clone(), log: Arc::new(EventLog::new()), stop: watch::Sender::new(false) });
        answers.insert(answer.clone(), running.clone());
        Ok(running)
    }

    pub fn find(&self, answer: &MessageId, owner: &Owner) -> Option<Arc<Running>> {
        self.answers().get(answer).filter(|running| running.owner == *owner).cloned()
    }

    pub fn forget(&self, answer: &MessageId) {
        self.answers().remove(answer);
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<MessageId, Arc<Running>>> {
        // Every change under the lock is whole.
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
            let admitted = answers.admit(&MessageId::new(n.to_string()), &self::owner(owner));
            admitted.inspect(|running| {
                let (question, answer) = (MessageId::new("q"), MessageId::new(n.to_string()));
                running.log.tell(ChatEventKind::Open { question, answer, model: "m".into() });
            })
        };
        let running: Vec<_> = (0..MAX_OF_OWNER).map(|n| open(n, 1).unwrap()).collect();
        assert!(matches!(open(100, 1), Err(ApiError::TooManyRequests { .. })));
        assert!(open(101, 2).is_ok(), "somebody else's");
        running[0].log.tell(ChatEventKind::End { reason: EndReason::Complete });
        assert!(open(102, 1).is_ok());
    }

    #[test]
    fn answers_that_have_ended_take_no_room_from_those_that_begin() {
        let answers = RunningAnswers::default();
        let admit = |n: usize| answers.admit(&MessageId::new(n.to_string()), &owner(n));
        let running: Vec<_> = (0..MAX_OF_ALL).map(|n| admit(n).unwrap()).collect();
        assert_eq!(admit(MAX_OF_ALL).err(), Some(ApiError::Unavailable));
        running[7].log.tell(ChatEventKind::End { reason: EndReason::Complete });
        assert!(admit(MAX_OF_ALL).is_ok());
        assert!(admit(MAX_OF_ALL + 1).is_err(), "the others have not ended");
        assert!(answers.find(&MessageId::new("8"), &owner(8)).is_some());
    }
}
