//! The URL of the database, and how it is opened.

mod tls;

use std::{
    fmt, fs, io,
    num::NonZeroU32,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AnyConnection, AnyPool, Connection, Executor, any::AnyPoolOptions, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use url::Url;

use super::{
    super::store::{Connections, StoreError},
    migrations::{self, MigrationText},
    transaction::{Transaction, in_time, statement},
    write,
};
use crate::server::certificates::TrustedAuthorities;

/// How long to wait for a connection, or for the write lock.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Of a database file: only the server's account may read what people wrote.
const FILE_MODE: u32 = 0o600;

const MEMORY: &str = "sqlite::memory:";

/// In order. A released migration is never edited. The previous release must still work after a new migration.
const MIGRATIONS: [MigrationText; 9] = [
    (1, "conversations", include_str!("0001_conversations.sql")),
    (2, "thinking", include_str!("0002_thinking.sql")),
    (3, "pieces", include_str!("0003_pieces.sql")),
    (4, "bytes", include_str!("0004_bytes.sql")),
    (5, "session store reports", include_str!("0005_session_store_reports.sql")),
    (6, "sent from", include_str!("0006_sent_from.sql")),
    (7, "attachments", include_str!("0007_attachments.sql")),
    (8, "versions", include_str!("0008_versions.sql")),
    (9, "feedback and notice", include_str!("0009_feedback_and_notice.sql")),
];

// Each database has full-text indexes of its own.
const SEARCH_IN_SQLITE: MigrationText = (10, "search", include_str!("0010_search_sqlite.sql"));
const SEARCH_IN_POSTGRES: MigrationText = (10, "search", include_str!("0010_search_postgres.sql"));

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

/// Which SQL the database speaks, where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Who uses a SQLite file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseOfFile {
    /// A server, alone.
    OfThisServer,
    /// A command, beside the server that may run.
    BesideAServer,
}

/// An open database.
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    /// A fair lock for writes to SQLite. SQLite allows one writer at a time, and those that wait poll its lock: under load,
    /// some would never get it.
    write_lock: Option<tokio::sync::Mutex<()>>,
    /// Keeps a database in memory alive: the pool closes a connection whose transaction did not end. It also keeps the files
    /// beside a database file, which the last connection would remove: on a full disk they could not be created again, and
    /// nothing could be read.
    _anchor: Option<Mutex<AnyConnection>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a SQLite or PostgreSQL database")]
pub struct WrongDatabaseUrl;

impl DatabaseUrl {
    /// A new database for each store, in memory.
    pub fn in_memory() -> Result<Self, WrongDatabaseUrl> {
        MEMORY.parse()
    }

    /// Whether several servers can use it.
    pub fn is_shared(&self) -> bool {
        self.kind == Kind::Postgres
    }

    /// Whether it is gone with the process that uses it.
    pub fn is_in_memory(&self) -> bool {
        self.kind == Kind::SqliteMemory
    }

    /// Connects, writes and reads as the server does, and takes it back. It runs no migrations.
    pub async fn try_out(&self) -> Result<(), StoreError> {
        const TABLE: &str = "CREATE TABLE oracle_ai_doctor (number BIGINT NOT NULL)";
        const WRITE: &str = "INSERT INTO oracle_ai_doctor (number) VALUES ($1)";
        const READ: &str = "SELECT number FROM oracle_ai_doctor WHERE number = $1";
        self.create_file()?;
        let mut connection = self.connect().await?;
        let tried = in_time(async {
            connection.execute(self.kind.begin_writing()).await?;
            connection.execute(TABLE).await?;
            statement(WRITE).bind(1_i64).execute(&mut connection).await?;
            statement(READ).bind(1_i64).fetch_one(&mut connection).await?;
            connection.execute("ROLLBACK").await
        });
        tried.await.map_err(|error: sqlx::Error| error.into()).map(|_| ())
    }

    /// A connection for a command that runs beside the server, with the statement that begins a transaction to read. It
    /// creates and changes nothing.
    pub(super) async fn connect_to_read(&self) -> Result<(AnyConnection, &'static str), StoreError> {
        match self.kind {
            Kind::SqliteMemory => return Err(StoreError("the database is in the memory of the server".into())),
            Kind::SqliteFile => {
                let options = SqliteConnectOptions::from_str(self.url.as_str())?;
                fs::metadata(options.get_filename()).map_err(|error| StoreError(error.to_string()))?;
            }
            Kind::Postgres => {}
        }
        Ok((self.connect().await?, self.kind.begin_reading()))
    }

    async fn connect(&self) -> Result<AnyConnection, StoreError> {
        sqlx::any::install_default_drivers();
        let connected = tokio::time::timeout(TIMEOUT, AnyConnection::connect(self.url.as_str())).await;
        Ok(connected.map_err(|_| StoreError("no answer in time".into()))??)
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

    fn options(&self, connections: NonZeroU32) -> AnyPoolOptions {
        let options = AnyPoolOptions::new().acquire_timeout(TIMEOUT).max_connections(connections.get());
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

impl Kind {
    /// The statement that begins a write transaction. With a deferred transaction, SQLite would fail at once if another
    /// wrote between our read and our write
    /// (https://www.sqlite.org/lang_transaction.html#deferred_immediate_and_exclusive_transactions).
    fn begin_writing(self) -> &'static str {
        match self {
            Self::SqliteFile | Self::SqliteMemory => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    fn search_migration(self) -> MigrationText {
        match self {
            Self::SqliteFile | Self::SqliteMemory => SEARCH_IN_SQLITE,
            Self::Postgres => SEARCH_IN_POSTGRES,
        }
    }

    fn begin_reading(self) -> &'static str {
        match self {
            Self::SqliteFile | Self::SqliteMemory => "BEGIN",
            Self::Postgres => "BEGIN READ ONLY",
        }
    }
}

impl Database {
    pub(super) async fn reading(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(Transaction::begin(&self.pool, self.kind.begin_reading(), None).await?)
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::SqliteFile | Kind::SqliteMemory => Dialect::Sqlite,
            Kind::Postgres => Dialect::Postgres,
        }
    }

    pub(super) fn connections(&self) -> Connections {
        let idle = self.pool.num_idle();
        let open = usize::try_from(self.pool.size()).unwrap_or(usize::MAX);
        Connections { in_use: open.saturating_sub(idle), idle, most: self.pool.options().get_max_connections() }
    }

    pub(super) async fn writing(&self) -> Result<Transaction<'_>, StoreError> {
        let turn = async {
            match &self.write_lock {
                Some(write_lock) => Some(write_lock.lock().await),
                None => None,
            }
        };
        let turn = tokio::time::timeout(TIMEOUT, turn).await;
        let turn = turn.map_err(|_| StoreError("no turn to write in time".into()))?;
        Ok(Transaction::begin(&self.pool, self.kind.begin_writing(), turn).await?)
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

/// Connects, with so many connections at most, and runs the migrations. `use_of_file` says who else has a SQLite file open.
pub async fn open(url: &DatabaseUrl, connections: NonZeroU32, use_of_file: UseOfFile) -> Result<Database, StoreError> {
    sqlx::any::install_default_drivers();
    url.create_file()?;
    let anchor = match url.kind {
        Kind::SqliteMemory | Kind::SqliteFile => Some(AnyConnection::connect(url.url.as_str()).await?),
        Kind::Postgres => None,
    };
    let pool = url.options(connections).connect(url.url.as_str()).await?;
    let write_lock = (url.kind == Kind::SqliteFile).then(Default::default);
    let mut database = Database { pool, kind: url.kind, write_lock, _anchor: None };
    migrate(&database, use_of_file).await?;
    if let Some(mut anchor) = anchor {
        // Only a connection that has read something holds the files.
        anchor.execute("SELECT COUNT(*) FROM conversations WHERE owner = ''").await?;
        database._anchor = Some(Mutex::new(anchor));
    }
    Ok(database)
}

async fn migrate(database: &Database, use_of_file: UseOfFile) -> Result<(), StoreError> {
    let mut transaction = database.writing().await?;
    let connection = transaction.connection()?;
    let migrations: Vec<_> = MIGRATIONS.into_iter().chain([database.kind.search_migration()]).collect();
    migrations::run(connection, &migrations, database.kind == Kind::Postgres).await?;
    if database.kind != Kind::Postgres && use_of_file == UseOfFile::OfThisServer {
        // Only one server uses the file, so the answers that were running are lost.
        write::interrupt_all(connection).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
