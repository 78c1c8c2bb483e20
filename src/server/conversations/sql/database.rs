//! Which database, and how it is opened.

use std::{
    borrow::Cow,
    fmt, fs, io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    str::FromStr,
    sync::{
        Mutex,
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
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};
use tokio::sync::MutexGuard;
use url::Url;

use super::{super::store::StoreError, write};
use crate::server::outbound::is_loopback_host;

/// A busy or lost database is told of before the person has given up.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const MOST_CONNECTIONS: u32 = 16;

/// Of a database file: for the account that the server runs as, and nobody else. It holds what people wrote.
const FILE_MODE: u32 = 0o600;

const MEMORY: &str = "sqlite::memory:";

/// Every change of the tables, in order. What was released is never edited: a further one is added, such that the
/// release before it still works with the tables.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "conversations", include_str!("0001_conversations.sql")),
    (2, "thinking", include_str!("0002_thinking.sql")),
    (3, "pieces", include_str!("0003_pieces.sql")),
    (4, "bytes", include_str!("0004_bytes.sql")),
];

/// `sqlite://FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    url: Url,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SqliteFile,
    /// Gone with its last connection.
    SqliteMemory,
    Postgres,
}

/// An open database.
pub struct Database {
    pub pool: AnyPool,
    /// Those who write to SQLite, in the order in which they came. It has one writer at a time, and lets whoever waits
    /// look again by chance: under load some would never get through.
    writers: Option<tokio::sync::Mutex<()>>,
    /// Holds a database in memory: the pool drops a connection whose user was interrupted.
    _anchor: Option<Mutex<AnyConnection>>,
}

/// To write, until it is dropped.
pub struct Turn<'a> {
    pub pool: &'a AnyPool,
    _turn: Option<MutexGuard<'a, ()>>,
}

/// It is none of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a SQLite or PostgreSQL database")]
pub struct WrongDatabaseUrl;

impl DatabaseUrl {
    /// A database of its own for each store, kept nowhere.
    pub fn in_memory() -> Result<Self, WrongDatabaseUrl> {
        MEMORY.parse()
    }

    /// Whether what is said can cross a network without TLS. `prefer`, which holds where nothing is said, falls back to
    /// that.
    pub fn may_cross_unencrypted(&self) -> bool {
        let Some(options) = self.postgres() else { return self.kind == Kind::Postgres };
        let is_encrypted =
            matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
        !is_on_this_machine(&options) && !is_encrypted
    }

    /// Whether TLS is spoken with a server on another machine whose certificate nobody checks.
    pub fn trusts_any_server(&self) -> bool {
        self.postgres().is_some_and(|options| {
            matches!(options.get_ssl_mode(), PgSslMode::Require) && !is_on_this_machine(&options)
        })
    }

    /// As the library reads it, with what the environment adds (`PGHOST`, `PGSSLMODE`).
    fn postgres(&self) -> Option<PgConnectOptions> {
        (self.kind == Kind::Postgres).then(|| self.url.as_str().parse().ok()).flatten()
    }

    /// Connects, and does nothing: the tables are left as they are.
    pub async fn reach(&self) -> Result<(), StoreError> {
        sqlx::any::install_default_drivers();
        self.create_file()?;
        let connected = AnyConnection::connect(self.url.as_str());
        let mut connection = tokio::time::timeout(LONGEST_WAIT, connected)
            .await
            .map_err(|_| StoreError("no answer in time".into()))??;
        connection.ping().await?;
        Ok(())
    }

    /// Creates the database file where SQLite would, whatever the umask. The files that SQLite puts beside it have its mode.
    fn create_file(&self) -> Result<(), StoreError> {
        let creates = self.url.query_pairs().any(|(name, value)| name == "mode" && value == "rwc");
        if self.kind != Kind::SqliteFile || !creates {
            return Ok(());
        }
        let options = SqliteConnectOptions::from_str(self.url.as_str())?;
        let file = options.get_filename();
        match fs::OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Somebody may rely on it.
                if fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
                    tracing::warn!(file = %file.display(), "anybody on this machine may open the database: chmod 600 it");
                }
            }
            // What is wrong, SQLite says too.
            Ok(_) | Err(_) => {}
        }
        Ok(())
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
            // Two that share a database in memory would not wait for each other, but fail.
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
                Ok(Self { url, kind: Kind::Postgres })
            }
            // By a name of its own, which its connections share (https://www.sqlite.org/sharedcache.html).
            "sqlite" if text == MEMORY => {
                let name = format!("sqlite:file:oracle-ai-{}?mode=memory", MEMORIES.fetch_add(1, Ordering::Relaxed));
                Ok(Self { url: parsed(&name)?, kind: Kind::SqliteMemory })
            }
            "sqlite" if url.path().len() + url.host_str().map_or(0, str::len) > 0 && !text.contains("mode=memory") => {
                Ok(Self { url, kind: Kind::SqliteFile })
            }
            _ => Err(WrongDatabaseUrl),
        }
    }
}

impl Database {
    pub(super) async fn turn_to_write(&self) -> Result<Turn<'_>, StoreError> {
        let turn = async {
            match &self.writers {
                Some(writers) => Some(writers.lock().await),
                None => None,
            }
        };
        let turn = tokio::time::timeout(LONGEST_WAIT, turn).await;
        Ok(Turn { pool: &self.pool, _turn: turn.map_err(|_| StoreError("no turn to write in time".into()))? })
    }
}

/// A socket, or loopback.
fn is_on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some() || host.starts_with('/') || is_loopback_host(host)
}

/// Without what may be a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({:?})", self.kind)
    }
}

/// Connects, and brings the tables up to date.
pub async fn open(url: &DatabaseUrl) -> Result<Database, StoreError> {
    sqlx::any::install_default_drivers();
    url.create_file()?;
    let anchor = match url.kind {
        Kind::SqliteMemory => Some(Mutex::new(AnyConnection::connect(url.url.as_str()).await?)),
        Kind::SqliteFile | Kind::Postgres => None,
    };
    let pool = url.options().connect(url.url.as_str()).await?;
    let mut migrator = Migrator::new(Embedded).await.map_err(|error| StoreError(error.to_string()))?;
    // A newer release may have been here: going back to this one, or starting it beside that, is no failure.
    migrator.set_ignore_missing(true);
    migrator.run(&pool).await.map_err(|error| StoreError(error.to_string()))?;
    if url.kind != Kind::Postgres {
        // Nobody else writes to it: what was running ran in a process that is gone.
        write::interrupt_all(&pool).await?;
    }
    let writers = (url.kind == Kind::SqliteFile).then(Default::default);
    Ok(Database { pool, writers, _anchor: anchor })
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
        for text in [
            "",
            "chat.db",
            "sqlite:",
            "sqlite://",
            "sqlite://a?mode=memory",
            "mysql://db.example/chat",
            "https://db.example",
            "postgres://db.example/chat?sslmode=always",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn only_tls_or_this_machine_keeps_conversations_from_others() {
        for (url, may_cross, trusts_any) in [
            ("postgres://db.example/chat", true, false),
            ("postgres://db.example/chat?sslmode=disable", true, false),
            ("postgres://db.example/chat?sslmode=allow", true, false),
            ("postgres://db.example/chat?sslmode=prefer", true, false),
            ("postgres://db.example/chat?sslmode=require", false, true),
            ("postgres://db.example/chat?sslmode=verify-ca", false, false),
            ("postgres://db.example/chat?sslmode=verify-full", false, false),
            ("postgresql://localhost/chat", false, false),
            ("postgres://[::1]:5432/chat", false, false),
            ("postgres://db.example/chat?host=/run/postgresql", false, false),
            // What is in the query counts.
            ("postgres://localhost/chat?host=db.example", true, false),
            ("sqlite://chat.db", false, false),
            ("sqlite::memory:", false, false),
        ] {
            let parsed: DatabaseUrl = url.parse().unwrap();
            assert_eq!((parsed.may_cross_unencrypted(), parsed.trusts_any_server()), (may_cross, trusts_any), "{url}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let url: DatabaseUrl = "postgres://user:secret@db.example/chat".parse().unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(Postgres)");
    }

    #[tokio::test]
    async fn a_database_that_a_newer_release_has_changed_is_opened() {
        let file = std::env::temp_dir().join(format!("oracle-ai-newer-{}.db", std::process::id()));
        let url: DatabaseUrl = format!("sqlite://{}?mode=rwc", file.display()).parse().unwrap();
        let newer = open(&url).await.unwrap();
        let change = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                      VALUES (9999, 'of a newer release', TRUE, x'00', 0)";
        newer.pool.execute(change).await.unwrap();
        newer.pool.close().await;

        let opened = open(&url).await;

        assert!(opened.is_ok(), "{:?}", opened.err());
        drop(opened);
        let _ = std::fs::remove_file(&file);
    }
}
