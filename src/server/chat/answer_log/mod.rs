//! The events of running answers, in a log that all servers read. The server that writes an answer appends to the log what
//! it emits; any other server reads it from there.
//!
//! | file | holds |
//! |---|---|
//! | `memory` | a log in the memory of one process |
//! | `redis` | a log in Redis, one stream for each answer |
//! | `publish` | the task that appends the events of one answer |
//! | `follow` | the reading of an answer that another server writes |

mod follow;
mod memory;
mod publish;
mod redis;

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    server::{conversations::Owner, store::StoreError},
    wire::chat::{ChatEvent, ChatEventKind, MessageId},
};

pub use self::redis::RedisAnswerLog;
pub use memory::MemoryAnswerLog;

pub(super) use follow::Following;
pub(super) use publish::publish;

/// How long a log remains after its last event. Then the answer is in the conversation store, or its writer has failed.
pub const RETENTION: Duration = Duration::from_secs(120);

/// The name of an answer's log. Without the right owner, the log is not found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerName {
    pub owner: Owner,
    pub answer: MessageId,
}

/// The log of each running answer. Only the server that writes an answer appends to it.
#[async_trait]
pub trait AnswerLog: Send + Sync {
    /// Appends events after the first `length` ones, and returns the new length.
    ///
    /// If the log has another length, nothing is appended, and that length is returned: the response to an earlier append
    /// was lost, or the log was. The writer continues from there.
    async fn append(&self, answer: &AnswerName, length: u64, events: &[ChatEventKind]) -> Result<u64, StoreError>;

    /// The events from number `from`, without waiting: perhaps not all, but none are left out.
    async fn read(&self, answer: &AnswerName, from: u64) -> Result<Vec<ChatEvent>, StoreError>;

    /// Records for the writer that a reader is there, for as long as `lease`.
    async fn announce_reader(&self, answer: &AnswerName, lease: Duration) -> Result<(), StoreError>;

    /// Whether a reader has announced itself, and its lease has not expired.
    async fn has_reader(&self, answer: &AnswerName) -> Result<bool, StoreError>;
}
