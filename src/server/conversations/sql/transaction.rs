//! Transactions on connections of the pool. A connection returns to the pool only if its transaction has ended; in any other
//! state it is closed.
//!
//! Every statement runs in a transaction, also where there is only one. A pooler such as PgBouncer in transaction mode gives
//! each transaction any of its connections to the database, and sqlx prepares and executes a statement in two steps: without
//! a transaction, these would reach two connections. See also [`statement`].

use std::{future::Future, io, time::Duration};

use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, any::AnyArguments, pool::PoolConnection, query::Query};
use tokio::{sync::MutexGuard, time::timeout};

use crate::server::observe::metrics;

/// The longest that the statements of a transaction may take together, and its end as well. A network that drops packets
/// must not occupy connections for longer.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// How long a connection that is to be closed still waits for the end of its running statement. Until then it takes a place
/// in the pool, so that callers who give up can't start more statements than the pool allows.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A transaction. Unless it is committed or rolled back, its connection is closed when it is dropped.
pub struct Transaction<'a> {
    lease: Lease,
    /// The write lock, if the database has one.
    _turn: Option<MutexGuard<'a, ()>>,
}

/// A connection of the pool.
struct Lease {
    connection: Option<PoolConnection<Any>>,
    /// Whether it is in no transaction.
    is_idle: bool,
}

/// A statement without a name. A named one belongs to a connection of the database, which a pooler may change after each
/// transaction.
pub fn statement(sql: &str) -> Query<'_, Any, AnyArguments<'_>> {
    sqlx::query(sql).persistent(false)
}

/// The outcome of these statements, or an error after [`TIME_LIMIT`].
pub async fn in_time<T, E: From<sqlx::Error>>(statements: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match timeout(TIME_LIMIT, statements).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()).into()),
    }
}

impl<'a> Transaction<'a> {
    /// `begin` is the statement that begins it.
    pub async fn begin(
        pool: &AnyPool,
        begin: &'static str,
        turn: Option<MutexGuard<'a, ()>>,
    ) -> Result<Self, sqlx::Error> {
        let lease = Lease { connection: Some(pool.acquire().await?), is_idle: false };
        let mut transaction = Self { lease, _turn: turn };
        in_time(transaction.connection()?.execute(begin)).await?;
        Ok(transaction)
    }

    pub fn connection(&mut self) -> Result<&mut AnyConnection, sqlx::Error> {
        self.lease.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Commits the outcome of its statements. If they failed, the connection is closed, and nothing is changed.
    pub async fn end<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let outcome = outcome?;
        self.commit().await?;
        Ok(outcome)
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.end_with("COMMIT").await
    }

    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.end_with("ROLLBACK").await
    }

    async fn end_with(mut self, end: &'static str) -> Result<(), sqlx::Error> {
        in_time(self.connection()?.execute(end)).await?;
        self.lease.is_idle = true;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.is_idle {
            return;
        }
        metrics::database_connection_closed();
        connection.close_on_drop();
        // There is none at the end of the process.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = timeout(CLOSE_TIMEOUT, connection.ping()).await;
            });
        }
    }
}
