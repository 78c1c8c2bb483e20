//! A log in the memory of one process, for several servers in it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{AnswerLog, AnswerName, RETENTION};
use crate::{
    server::store::StoreError,
    wire::chat::{ChatEvent, ChatEventKind},
};

#[derive(Default)]
pub struct MemoryAnswerLog {
    logs: Mutex<HashMap<AnswerName, Log>>,
}

#[derive(Default)]
struct Log {
    events: Vec<ChatEventKind>,
    appended_at: Option<Instant>,
    has_reader_until: Option<Instant>,
}

impl MemoryAnswerLog {
    fn logs(&self) -> MutexGuard<'_, HashMap<AnswerName, Log>> {
        // Every change under the lock is complete on its own, so the logs are consistent even after a panic.
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|_, log| log.appended_at.is_none_or(|appended_at| appended_at.elapsed() < RETENTION));
        logs
    }
}

#[async_trait]
impl AnswerLog for MemoryAnswerLog {
    async fn append(&self, answer: &AnswerName, length: u64, events: &[ChatEventKind]) -> Result<u64, StoreError> {
        let mut logs = self.logs();
        let log = logs.entry(answer.clone()).or_default();
        if log.events.len() as u64 == length {
            log.events.extend_from_slice(events);
            log.appended_at = Some(Instant::now());
        }
        Ok(log.events.len() as u64)
    }

    async fn read(&self, answer: &AnswerName, from: u64) -> Result<Vec<ChatEvent>, StoreError> {
        let logs = self.logs();
        let events = logs.get(answer).map(|log| log.events.as_slice()).unwrap_or_default();
        let numbered = events.iter().cloned().zip(0..).map(|(kind, n)| ChatEvent { n, kind });
        Ok(numbered.skip_while(|event| event.n < from).collect())
    }

    async fn announce_reader(&self, answer: &AnswerName, lease: Duration) -> Result<(), StoreError> {
        if let Some(log) = self.logs().get_mut(answer) {
            log.has_reader_until = Some(Instant::now() + lease);
        }
        Ok(())
    }

    async fn has_reader(&self, answer: &AnswerName) -> Result<bool, StoreError> {
        let until = self.logs().get(answer).and_then(|log| log.has_reader_until);
        Ok(until.is_some_and(|until| Instant::now() < until))
    }
}
