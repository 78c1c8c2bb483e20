//! Conversations in SQLite or PostgreSQL. Both run the same SQL: only text and integer columns, `$1` for parameters, and
//! no construct whose meaning differs.

mod begin;
mod database;
mod read;
mod rows;
mod write;

use std::{num::NonZeroU64, time::SystemTime};

use async_trait::async_trait;
use sqlx::AnyPool;
use tokio::sync::OnceCell;

use database::{Database, Writer};
pub use database::{DatabaseUrl, WrongDatabaseUrl};

use super::{
    Owner,
    store::{
        AnswerStatus, BeginError, Begun, ConversationStore, Ending, Exchange, NewQuestion, StoreError, StoredAnswer,
    },
};
use crate::{
    server::{
        certificates::{in_words, tls_error},
        excerpt::excerpt,
        tls,
    },
    wire::{
        chat::{ConversationId, MessageId},
        conversations::{Conversation, ConversationSummary},
    },
};

/// The default quota of one person, in bytes: some hundred thousand messages.
pub const STORAGE_PER_PERSON: NonZeroU64 = NonZeroU64::new(256_000_000).unwrap();

/// A conflict with a concurrent transaction is retried this often in all.
const MAX_TRIES: usize = 3;

/// Connects and runs the migrations at its first use.
pub struct SqlStore {
    url: DatabaseUrl,
    quota: Option<NonZeroU64>,
    database: OnceCell<Database>,
}

impl SqlStore {
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, quota: Some(STORAGE_PER_PERSON), database: OnceCell::new() }
    }

    /// The most bytes that each person's conversations may take; `None` for no limit.
    pub fn with_quota(self, quota: Option<NonZeroU64>) -> Self {
        Self { quota, ..self }
    }

    /// Fails if the database can't be used.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.pool().await.map(|_| ())
    }

    /// For reads.
    async fn pool(&self) -> Result<&AnyPool, StoreError> {
        Ok(&self.database().await?.pool)
    }

    /// For writes.
    async fn writer(&self) -> Result<Writer<'_>, StoreError> {
        self.database().await?.writer().await
    }

    async fn database(&self) -> Result<&Database, StoreError> {
        self.database.get_or_try_init(|| database::open(&self.url)).await
    }
}

#[async_trait]
impl ConversationStore for SqlStore {
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError> {
        let writer = self.writer().await?;
        let mut tries = 1;
        loop {
            match begin::begin(writer.pool, self.url.begin_writing(), self.quota, owner, new, now).await {
                // A concurrent transaction stored the same key or position. The next try sees it.
                Err(begin::Failure::Conflict(_)) if tries < MAX_TRIES => tries += 1,
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

    async fn touch(
        &self,
        answer: &MessageId,
        start: usize,
        more: &str,
        now: SystemTime,
    ) -> Result<AnswerStatus, StoreError> {
        Ok(write::touch(self.writer().await?.pool, answer, start, more, now).await?)
    }

    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<(), StoreError> {
        Ok(write::end(self.writer().await?.pool, answer, ending).await?)
    }

    async fn request_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError> {
        Ok(write::request_stop(self.writer().await?.pool, owner, answer).await?)
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
        Ok(write::rename(self.writer().await?.pool, owner, id, title).await?)
    }

    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError> {
        Ok(write::delete(self.writer().await?.pool, owner, id).await?)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Unlike an unreachable database, a failure of TLS may be an attack.
        tls::record_failure("PostgreSQL", &error);
        let text = tls_error(&error).map_or_else(|| error.to_string(), in_words);
        Self(excerpt(&text).to_string())
    }
}
