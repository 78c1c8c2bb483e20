//! Conversations in SQLite or PostgreSQL. Both run the same SQL: only text and integer columns, `$1` for parameters, and
//! no construct whose meaning differs.
//!
//! | file | holds |
//! |---|---|
//! | `database`, `migrations` | the URL of the database, how it is opened, its tables |
//! | `transaction` | transactions, and what becomes of a connection whose transaction did not end |
//! | `begin`, `write`, `read`, `list`, `erase`, `attachments`, `rows` | the statements, and the conversion of rows |
//! | `versions` | the tree of versions: where a new message goes, which version is chosen |
//! | `probe` | a message that is stored and deleted again, for `/readyz` |
//! | `acceptances`, `feedback` | who accepted the notice; what people said of answers |
//! | `peers` | the reports of servers that share the database, for `/readyz` |

mod acceptances;
mod attachments;
mod begin;
mod database;
mod erase;
mod feedback;
mod list;
mod migrations;
mod peers;
mod probe;
mod read;
mod rows;
mod transaction;
mod versions;
mod write;

use std::{
    num::{NonZeroU32, NonZeroU64},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use database::{Database, UseOfFile};
pub use database::{DatabaseUrl, WrongDatabaseUrl};
pub use feedback::FeedbackReader;
use transaction::{Transaction, in_time};

use super::{
    Owner,
    search::Search,
    store::{
        AnswerStatus, BeginError, Begun, Connections, ConversationStore, Earlier, Ending, ListPage, Listed,
        NewQuestion, StoreError, StoredAnswer, StoredFile,
    },
    tree::ConversationTree,
};
use crate::{
    server::{
        certificates::{in_words, tls_error},
        excerpt::excerpt,
        tls,
    },
    wire::{
        chat::{ConversationId, MessageId},
        conversations::ConversationSummary,
        feedback::Feedback,
    },
};

/// The default quota of one person, in bytes: some hundred thousand messages.
pub const STORAGE_PER_PERSON: NonZeroU64 = NonZeroU64::new(256_000_000).unwrap();

/// How many connections to the database are opened by default.
pub const DATABASE_CONNECTIONS: NonZeroU32 = NonZeroU32::new(16).unwrap();

/// A conflict with a concurrent transaction is retried this often in all.
const MAX_TRIES: usize = 3;

/// Connects and runs the migrations at its first use.
pub struct SqlStore {
    url: DatabaseUrl,
    quota: Option<NonZeroU64>,
    connections: NonZeroU32,
    use_of_file: UseOfFile,
    database: OnceCell<Database>,
    /// Whether the last message could not be stored.
    has_failed: AtomicBool,
}

impl SqlStore {
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            quota: Some(STORAGE_PER_PERSON),
            connections: DATABASE_CONNECTIONS,
            use_of_file: UseOfFile::OfThisServer,
            database: OnceCell::new(),
            has_failed: AtomicBool::new(false),
        }
    }

    /// The most bytes that each person's conversations may take; `None` for no limit.
    pub fn with_quota(self, quota: Option<NonZeroU64>) -> Self {
        Self { quota, ..self }
    }

    /// The most connections that it opens.
    pub fn with_connections(self, connections: NonZeroU32) -> Self {
        Self { connections, ..self }
    }

    /// For a command: a server may be writing answers into the same SQLite file.
    pub fn beside_a_server(self) -> Self {
        Self { use_of_file: UseOfFile::BesideAServer, ..self }
    }

    /// Fails if the database can't be used.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.database().await.map(|_| ())
    }

    async fn reading(&self) -> Result<Transaction<'_>, StoreError> {
        self.database().await?.reading().await
    }

    async fn writing(&self) -> Result<Transaction<'_>, StoreError> {
        self.database().await?.writing().await
    }

    async fn database(&self) -> Result<&Database, StoreError> {
        self.database.get_or_try_init(|| database::open(&self.url, self.connections, self.use_of_file)).await
    }

    async fn try_to_begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError> {
        let mut tries = 1;
        loop {
            match begin::begin(self.writing().await?, self.quota, owner, new, now).await {
                // A concurrent transaction stored the same key or position. The next try sees it.
                Err(begin::Failure::Conflict(_)) if tries < MAX_TRIES => tries += 1,
                outcome => return Ok(outcome?),
            }
        }
    }
}

#[async_trait]
impl ConversationStore for SqlStore {
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError> {
        let begun = self.try_to_begin(owner, new, now).await;
        match begun {
            Ok(Begun::New) => self.has_failed.store(false, Ordering::Relaxed),
            Err(BeginError::Store(_)) => self.has_failed.store(true, Ordering::Relaxed),
            // Nothing was stored.
            Ok(Begun::AlreadyStored { .. }) | Err(_) => {}
        }
        begun
    }

    async fn question(&self, owner: &Owner, question: &MessageId) -> Result<Option<String>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(read::question(transaction.connection()?, owner, question)).await;
        Ok(transaction.end(found).await?)
    }

    async fn exchanges_before(
        &self,
        owner: &Owner,
        question: &MessageId,
        budget: usize,
    ) -> Result<Earlier, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(read::exchanges_before(transaction.connection()?, owner, question, budget)).await;
        Ok(transaction.end(found).await?)
    }

    async fn files(
        &self,
        owner: &Owner,
        conversation: &ConversationId,
        question: &MessageId,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(attachments::of_question(transaction.connection()?, owner, conversation, question)).await;
        Ok(transaction.end(found).await?)
    }

    async fn touch(
        &self,
        answer: &MessageId,
        start: usize,
        more: &str,
        now: SystemTime,
    ) -> Result<AnswerStatus, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::touch(transaction.connection()?, answer, start, more, now)).await;
        Ok(transaction.end(written).await?)
    }

    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::end(transaction.connection()?, answer, ending)).await;
        Ok(transaction.end(written).await?)
    }

    async fn request_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::request_stop(transaction.connection()?, owner, answer)).await;
        Ok(transaction.end(written).await?)
    }

    async fn answer(
        &self,
        owner: &Owner,
        answer: &MessageId,
        now: SystemTime,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(read::answer(transaction.connection()?, owner, answer, now)).await;
        Ok(transaction.end(found).await?)
    }

    async fn list(
        &self,
        owner: &Owner,
        search: &Search,
        page: &ListPage,
        now: SystemTime,
    ) -> Result<Listed, StoreError> {
        let dialect = self.database().await?.dialect();
        let mut transaction = self.reading().await?;
        let found = in_time(list::list(transaction.connection()?, dialect, owner, search, page, now)).await;
        Ok(transaction.end(found).await?)
    }

    async fn pinned(
        &self,
        owner: &Owner,
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<ConversationSummary>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(list::pinned(transaction.connection()?, owner, limit, now)).await;
        Ok(transaction.end(found).await?)
    }

    async fn tree(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<ConversationTree>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(read::tree(transaction.connection()?, owner, id, now)).await;
        Ok(transaction.end(found).await?)
    }

    async fn choose(&self, owner: &Owner, id: &ConversationId, version: &MessageId) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(versions::choose(transaction.connection()?, owner, id, version)).await;
        Ok(transaction.end(written).await?)
    }

    async fn rename(&self, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::rename(transaction.connection()?, owner, id, title)).await;
        Ok(transaction.end(written).await?)
    }

    async fn pin(&self, owner: &Owner, id: &ConversationId, pinned: bool) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::pin(transaction.connection()?, owner, id, pinned)).await;
        Ok(transaction.end(written).await?)
    }

    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(write::delete(transaction.connection()?, owner, id)).await;
        Ok(transaction.end(written).await?)
    }

    async fn set_feedback(
        &self,
        owner: &Owner,
        answer: &MessageId,
        feedback: Option<&Feedback>,
        now: SystemTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(feedback::set(transaction.connection()?, owner, answer, feedback, now)).await;
        Ok(transaction.end(written).await?)
    }

    async fn delete_some(&self, owner: &Owner, limit: usize) -> Result<usize, StoreError> {
        let dialect = self.database().await?.dialect();
        let mut transaction = self.writing().await?;
        let written = in_time(erase::delete_some(transaction.connection()?, owner, limit, dialect)).await;
        Ok(transaction.end(written).await?)
    }

    async fn delete_expired(&self, before: SystemTime, limit: usize, now: SystemTime) -> Result<usize, StoreError> {
        let dialect = self.database().await?.dialect();
        let mut transaction = self.writing().await?;
        let written = in_time(erase::delete_expired(transaction.connection()?, before, limit, now, dialect)).await;
        Ok(transaction.end(written).await?)
    }

    fn connections(&self) -> Option<Connections> {
        self.database.get().map(Database::connections)
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.conversation(&probe::owner(), &probe::conversation(), SystemTime::UNIX_EPOCH).await.map(|_| ())
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        let has_failed = self.has_failed.load(Ordering::Relaxed);
        let written = match self.writing().await {
            Ok(transaction) => probe::write(transaction, has_failed, SystemTime::UNIX_EPOCH).await,
            Err(error) => Err(error),
        };
        self.has_failed.store(written.is_err(), Ordering::Relaxed);
        written
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
