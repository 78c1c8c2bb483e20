//! Which database, and how it is opened.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    AnyPool, Executor,
    any::AnyPoolOptions,
    error::BoxDynError,
    migrate::{Migration, MigrationSource, MigrationType, Migrator},
};
use url::Url;

use super::super::store::StoreError;

/// A busy or lost database is told of before the person has given up.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const MOST_CONNECTIONS: u32 = 16;

/// Every change of the tables, in order. What was released is never edited: a further one is added.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "conversations", include_str!("0001_conversations.sql"))];

/// `sqlite://FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    url: Url,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SqliteFile,
    /// Gone with its only connection.
    SqliteMemory,
    Postgres,
}

/// It is none of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a SQLite or PostgreSQL database")]
pub struct WrongDatabaseUrl;

impl DatabaseUrl {
    /// A database of its own for each store, kept nowhere.
    pub fn in_memory() -> Result<Self, WrongDatabaseUrl> {
        "sqlite::memory:".parse()
    }

    /// How a transaction begins that will write. SQLite refuses to make a writer of a reader that was overtaken, and
    /// that without waiting (https://www.sqlite.org/lang_transaction.html#deferred_immediate_and_exclusive_transactions).
    pub(super) fn begin_writing(&self) -> &'static str {
        match self.kind {
            Kind::SqliteFile | Kind::SqliteMemory => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        }
    }

    fn options(&self) -> AnyPoolOptions {
        let options = AnyPoolOptions::new().acquire_timeout(LONGEST_WAIT).max_connections(MOST_CONNECTIONS);
        match self.kind {
            // Readers don't wait for the writer, and a crash of the process loses nothing.
            Kind::SqliteFile => options.after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("PRAGMA journal_mode = WAL").await?;
                    connection.execute("PRAGMA synchronous = NORMAL").await?;
                    Ok(())
                })
            }),
            Kind::SqliteMemory => options.max_connections(1).idle_timeout(None).max_lifetime(None),
            Kind::Postgres => options,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = WrongDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, WrongDatabaseUrl> {
        let url: Url = text.parse().map_err(|_| WrongDatabaseUrl)?;
        let kind = match url.scheme() {
            "postgres" | "postgresql" => Kind::Postgres,
            "sqlite" if text.contains(":memory:") || text.contains("mode=memory") => Kind::SqliteMemory,
            "sqlite" if text.len() > "sqlite://".len() => Kind::SqliteFile,
            _ => return Err(WrongDatabaseUrl),
        };
        Ok(Self { url, kind })
    }
}

/// Without what may be a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({:?})", self.kind)
    }
}

/// Connects, and brings the tables up to date.
pub(super) async fn open(url: &DatabaseUrl) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let pool = url.options().connect(url.url.as_str()).await?;
    let migrator = Migrator::new(Embedded).await.map_err(|error| StoreError(error.to_string()))?;
    migrator.run(&pool).await.map_err(|error| StoreError(error.to_string()))?;
    if url.kind != Kind::Postgres {
        // Nobody else writes to it: what was running ran in a process that is gone.
        let ended = "UPDATE messages SET end_reason = 'interrupted' WHERE role = 'answer' AND end_reason IS NULL";
        sqlx::query(ended).execute(&pool).await?;
    }
    Ok(pool)
}

#[derive(Debug)]
struct Embedded;

impl MigrationSource<'static> for Embedded {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        let migrations = MIGRATIONS.map(|(version, description, sql)| {
            Migration::new(version, Cow::Borrowed(description), MigrationType::Simple, Cow::Borrowed(sql), false)
        });
        Box::pin(async move { Ok(migrations.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<Kind> {
        text.parse::<DatabaseUrl>().ok().map(|url| url.kind)
    }

    #[test]
    fn three_kinds_of_databases_are_known() {
        assert_eq!(kind("sqlite://oracle-ai.db?mode=rwc"), Some(Kind::SqliteFile));
        assert_eq!(kind("sqlite:///var/lib/oracle-ai/a.db"), Some(Kind::SqliteFile));
        assert_eq!(kind("sqlite::memory:"), Some(Kind::SqliteMemory));
        assert_eq!(kind("postgres://user:secret@db.example/chat"), Some(Kind::Postgres));
        for text in ["", "chat.db", "sqlite://", "mysql://db.example/chat", "https://db.example"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let url: DatabaseUrl = "postgres://user:secret@db.example/chat".parse().unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(Postgres)");
    }
}
