//! Announcements of ended sessions: the server that ends a session notifies all servers, which may have its page open.
//!
//! An announcement is a hint, and can be lost: the server may fail before it announces, or Redis may lose what it has not
//! yet replicated.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{SecretHash, StoreError};

/// The log of announcements, which all servers share.
#[async_trait]
pub trait SessionEnds: Send + Sync {
    async fn announce(&self, ended: &EndedSession) -> Result<(), StoreError>;

    /// The announcements after this position, oldest first: perhaps not all, but none are left out. Without a position,
    /// only that of the last one.
    async fn read(&self, after: Option<Position>) -> Result<Announced, StoreError>;
}

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    pub session: SecretHash,
    pub cause: EndCause,
}

/// Why a session is not live any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// It was ended deliberately: by a sign-out, by the person in another browser, by an operator or by the provider.
    Deliberate,
    /// Its time has come, the provider has refused a refresh, or its record is missing, as after the store was emptied.
    Other,
}

/// The place of an announcement in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(super) major: u64,
    pub(super) minor: u64,
}

/// Some announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub sessions: Vec<EndedSession>,
    /// Where to read on.
    pub position: Position,
    /// Whether earlier announcements may be missing: the log holds only the latest ones, or it was lost.
    pub has_gap: bool,
}

/// A log in the memory of one process, for several servers in it.
pub struct MemorySessionEnds {
    log: Mutex<Log>,
    max_length: usize,
}

#[derive(Default)]
struct Log {
    latest: VecDeque<EndedSession>,
    /// The number of announcements ever made.
    count: u64,
}

impl Position {
    /// Before the first announcement.
    pub const START: Self = Self { major: 0, minor: 0 };
}

impl MemorySessionEnds {
    pub fn with_length(max_length: usize) -> Self {
        Self { log: Mutex::default(), max_length }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A change can't be left half-done by a panic.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySessionEnds {
    fn default() -> Self {
        Self::with_length(1_000)
    }
}

#[async_trait]
impl SessionEnds for MemorySessionEnds {
    async fn announce(&self, ended: &EndedSession) -> Result<(), StoreError> {
        let mut log = self.log();
        if log.latest.len() == self.max_length {
            log.latest.pop_front();
        }
        log.latest.push_back(ended.clone());
        log.count += 1;
        Ok(())
    }

    async fn read(&self, after: Option<Position>) -> Result<Announced, StoreError> {
        let log = self.log();
        let position = Position { major: log.count, minor: 0 };
        let Some(after) = after else { return Ok(Announced { sessions: vec![], position, has_gap: true }) };
        let new = usize::try_from(log.count.saturating_sub(after.major)).unwrap_or(usize::MAX);
        let forgotten = new.saturating_sub(log.latest.len());
        let sessions = log.latest.iter().skip((log.latest.len() + forgotten).saturating_sub(new)).cloned().collect();
        Ok(Announced { sessions, position, has_gap: forgotten > 0 })
    }
}
