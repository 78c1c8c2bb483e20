//! Conversations in SQLite or PostgreSQL. One text of SQL serves both: names and numbers only, `$1` for parameters,
//! and nothing that they understand differently.

mod begin;
mod database;
mod read;
mod rows;
mod write;

use std::{num::NonZeroU64, time::SystemTime};

use async_trait::async_trait;
use sqlx::AnyPool;
use tokio::sync::OnceCell;

use database::{Database, Turn};
pub use database::{DatabaseUrl, WrongDatabaseUrl};

use super::{
    Owner,
    store::{BeginError, Begun, ConversationStore, Ending, Exchange, NewQuestion, StoreError, StoredAnswer, Wish},
};
use crate::{
    server::excerpt::excerpt,
    wire::{
        chat::{ConversationId, MessageId},
        conversations::{Conversation, ConversationSummary},
    },
};

/// What one person may have stored, in bytes, unless the operator says otherwise: some hundred thousand messages.
pub const STORAGE_PER_PERSON: NonZeroU64 = NonZeroU64::new(256_000_000).unwrap();

/// Twice is an accident, three times is a fault.
const MOST_TRIES: usize = 3;

/// Connects, and brings the tables up to date, when it is first needed.
pub struct SqlStore {
    url: DatabaseUrl,
    quota: Option<NonZeroU64>,
    database: OnceCell<Database>,
}

impl SqlStore {
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, quota: Some(STORAGE_PER_PERSON), database: OnceCell::new() }
    }

    /// With so many bytes for the conversations of each person; `None` is without limit.
    pub fn with_quota(self, quota: Option<NonZeroU64>) -> Self {
        Self { quota, ..self }
    }

    /// Tells whether it can be used.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.pool().await.map(|_| ())
    }

    /// For those who read.
    async fn pool(&self) -> Result<&AnyPool, StoreError> {
        Ok(&self.database().await?.pool)
    }

    /// For those who write.
    async fn turn_to_write(&self) -> Result<Turn<'_>, StoreError> {
        self.database().await?.turn_to_write().await
    }

    async fn database(&self) -> Result<&Database, StoreError> {
        self.database.get_or_try_init(|| database::open(&self.url)).await
    }
}

#[async_trait]
impl ConversationStore for SqlStore {
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError> {
        let turn = self.turn_to_write().await?;
        let mut tries = 1;
        loop {
            match begin::begin(turn.pool, self.url.begin_writing(), self.quota, owner, new, now).await {
                // Somebody stored the same key or the same place at the same time: they are seen at the next try.
                Err(begin::Failure::Overtaken(_)) if tries < MOST_TRIES => tries += 1,
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn exchanges_before(
        &self,
        owner: &Owner,
        question: &MessageId,
        budget: usize,
    ) -> Result<Vec<Exchange>, StoreError> {
        Ok(read::exchanges_before(self.pool().await?, owner, question, budget).await?)
    }

    async fn touch(&self, answer: &MessageId, start: usize, more: &str, now: SystemTime) -> Result<Wish, StoreError> {
        Ok(write::touch(self.turn_to_write().await?.pool, answer, start, more, now).await?)
    }

    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<(), StoreError> {
        Ok(write::end(self.turn_to_write().await?.pool, answer, ending).await?)
    }

    async fn ask_to_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError> {
        Ok(write::ask_to_stop(self.turn_to_write().await?.pool, owner, answer).await?)
    }

    async fn answer(
        &self,
        owner: &Owner,
        answer: &MessageId,
        now: SystemTime,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        Ok(read::answer(self.pool().await?, owner, answer, now).await?)
    }

    async fn list(
        &self,
        owner: &Owner,
        search: &str,
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<ConversationSummary>, StoreError> {
        Ok(read::list(self.pool().await?, owner, search, limit, now).await?)
    }

    async fn conversation(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<Conversation>, StoreError> {
        Ok(read::conversation(self.pool().await?, owner, id, now).await?)
    }

    async fn rename(&self, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, StoreError> {
        Ok(write::rename(self.turn_to_write().await?.pool, owner, id, title).await?)
    }

    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError> {
        Ok(write::delete(self.turn_to_write().await?.pool, owner, id).await?)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self(excerpt(&error.to_string()).to_string())
    }
}
