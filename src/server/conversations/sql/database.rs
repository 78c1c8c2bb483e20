//! The URL of the database, and how it is opened.

mod tls;

use std::{
    borrow::Cow,
    fmt, fs, io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use sqlx::{
    AnyConnection, AnyPool, Connection, Executor,
    any::AnyPoolOptions,
    error::BoxDynError,
    migrate::{Migration, MigrationSource, MigrationType, Migrator},
    postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use tokio::sync::MutexGuard;
use url::Url;

use super::{super::store::StoreError, write};
use crate::server::certificates::TrustedAuthorities;

/// How long to wait for a connection, or for the write lock.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_CONNECTIONS: u32 = 16;

/// Of a database file: only the server's account may read what people wrote.
const FILE_MODE: u32 = 0o600;

const MEMORY: &str = "sqlite::memory:";

/// In order. A released migration is never edited. The previous release must still work after a new migration.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "conversations", include_str!("0001_conversations.sql")),
    (2, "thinking", include_str!("0002_thinking.sql")),
    (3, "pieces", include_str!("0003_pieces.sql")),
    (4, "bytes", include_str!("0004_bytes.sql")),
];

/// `sqlite://FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: Url,
    kind: Kind,
    /// What the certificate of PostgreSQL is checked against, if it is.
    authorities: Option<TrustedAuthorities>,
    /// The file with them that `url` names. It is gone with the last clone.
    _authority_file: Option<Arc<fs::File>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SqliteFile,
    /// Deleted with its last connection.
    SqliteMemory,
    Postgres,
}

/// An open database.
pub struct Database {
    pub pool: AnyPool,
    /// A fair lock for writes to SQLite. SQLite allows one writer at a time, and those that wait poll its lock: under load,
    /// some would never get it.
    write_lock: Option<tokio::sync::Mutex<()>>,
    /// Keeps a database in memory alive: the pool closes a connection if a task is cancelled while it uses it.
    _anchor: Option<Mutex<AnyConnection>>,
}

/// Holds the write lock.
pub struct Writer<'a> {
    pub pool: &'a AnyPool,
    _lock: Option<MutexGuard<'a, ()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a SQLite or PostgreSQL database")]
pub struct WrongDatabaseUrl;

impl DatabaseUrl {
    /// A new database for each store, in memory.
    pub fn in_memory() -> Result<Self, WrongDatabaseUrl> {
        MEMORY.parse()
    }

    /// Connects and pings. It runs no migrations.
    pub async fn reach(&self) -> Result<(), StoreError> {
        sqlx::any::install_default_drivers();
        self.create_file()?;
        let connected = AnyConnection::connect(self.url.as_str());
        let mut connection =
            tokio::time::timeout(TIMEOUT, connected).await.map_err(|_| StoreError("no answer in time".into()))??;
        connection.ping().await?;
        Ok(())
    }

    /// Creates the database file if SQLite would do so, with a mode that doesn't depend on the umask. The files that SQLite
    /// creates beside it get the same mode.
    fn create_file(&self) -> Result<(), StoreError> {
        let creates = self.url.query_pairs().any(|(name, value)| name == "mode" && value == "rwc");
        if self.kind != Kind::SqliteFile || !creates {
            return Ok(());
        }
        let options = SqliteConnectOptions::from_str(self.url.as_str())?;
        let file = options.get_filename();
        match fs::OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Only a warning: another program may rely on it.
                if fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
                    tracing::warn!(file = %file.display(), "anybody on this machine may open the database: chmod 600 it");
                }
            }
            // SQLite will report the same error.
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    /// The statement that begins a write transaction. With a deferred transaction, SQLite would fail at once if another
    /// wrote between our read and our write
    /// (https://www.sqlite.org/lang_transaction.html#deferred_immediate_and_exclusive_transactions).
    pub(super) fn begin_writing(&self) -> &'static str {
        match self.kind {
            Kind::SqliteFile | Kind::SqliteMemory => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        }
    }

    fn options(&self) -> AnyPoolOptions {
        let options = AnyPoolOptions::new().acquire_timeout(TIMEOUT).max_connections(MAX_CONNECTIONS);
        match self.kind {
            // Readers don't wait for the writer, and a crash of the process loses no data.
            Kind::SqliteFile => options.after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("PRAGMA journal_mode = WAL").await?;
                    connection.execute("PRAGMA synchronous = NORMAL").await?;
                    Ok(())
                })
            }),
            // Two connections to a shared database in memory fail instead of waiting for each other.
            Kind::SqliteMemory => options.max_connections(1),
            Kind::Postgres => options,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = WrongDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, WrongDatabaseUrl> {
        static MEMORIES: AtomicU64 = AtomicU64::new(0);
        let parsed = |text: &str| text.parse::<Url>().map_err(|_| WrongDatabaseUrl);
        let url = parsed(text)?;
        match url.scheme() {
            "postgres" | "postgresql" => {
                PgConnectOptions::from_str(text).map_err(|_| WrongDatabaseUrl)?;
                Ok(Self { url, kind: Kind::Postgres, authorities: None, _authority_file: None })
            }
            // A unique name, so that only the connections of one store share it (https://www.sqlite.org/sharedcache.html).
            "sqlite" if text == MEMORY => {
                let name = format!("sqlite:file:oracle-ai-{}?mode=memory", MEMORIES.fetch_add(1, Ordering::Relaxed));
                Ok(Self { url: parsed(&name)?, kind: Kind::SqliteMemory, authorities: None, _authority_file: None })
            }
            "sqlite" if url.path().len() + url.host_str().map_or(0, str::len) > 0 && !text.contains("mode=memory") => {
                Ok(Self { url, kind: Kind::SqliteFile, authorities: None, _authority_file: None })
            }
            _ => Err(WrongDatabaseUrl),
        }
    }
}

impl Database {
    pub(super) async fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let lock = async {
            match &self.write_lock {
                Some(write_lock) => Some(write_lock.lock().await),
                None => None,
            }
        };
        let lock = tokio::time::timeout(TIMEOUT, lock).await;
        Ok(Writer { pool: &self.pool, _lock: lock.map_err(|_| StoreError("no turn to write in time".into()))? })
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

/// Without the URL, which may contain a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({:?})", self.kind)
    }
}

/// Connects and runs the migrations.
pub async fn open(url: &DatabaseUrl) -> Result<Database, StoreError> {
    sqlx::any::install_default_drivers();
    url.create_file()?;
    let anchor = match url.kind {
        Kind::SqliteMemory => Some(Mutex::new(AnyConnection::connect(url.url.as_str()).await?)),
        Kind::SqliteFile | Kind::Postgres => None,
    };
    let pool = url.options().connect(url.url.as_str()).await?;
    let mut migrator = Migrator::new(Embedded).await.map_err(|error| StoreError(error.to_string()))?;
    // The database may have migrations of a newer release, after a rollback or during an upgrade.
    migrator.set_ignore_missing(true);
    migrator.run(&pool).await.map_err(|error| StoreError(error.to_string()))?;
    if url.kind != Kind::Postgres {
        // Only one process uses the file, so the answers that were running are lost.
        write::interrupt_all(&pool).await?;
    }
    let write_lock = (url.kind == Kind::SqliteFile).then(Default::default);
    Ok(Database { pool, write_lock, _anchor: anchor })
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
mod tests;
