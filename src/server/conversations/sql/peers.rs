//! The reports of servers, in PostgreSQL only: a SQLite file has one server.

use async_trait::async_trait;
use sqlx::{AnyConnection, Row};

use super::{
    super::{
        peers::{DatabaseTime, OtherServers, Peers, ServerName},
        store::StoreError,
    },
    SqlStore,
    transaction::{in_time, statement},
};

/// A server that has reported nothing for so long, in milliseconds, is gone.
const GONE_AFTER: i64 = 60_000;

/// Of servers that are gone, each report removes so many, and leaves those to others that others are removing.
const REMOVE_GONE: &str = "WITH gone AS MATERIALIZED \
                           (SELECT server FROM session_store_reports WHERE reached_at < $1 \
                           ORDER BY reached_at LIMIT 8 FOR UPDATE SKIP LOCKED) \
                           DELETE FROM session_store_reports WHERE server IN (SELECT server FROM gone)";

#[async_trait]
impl Peers for SqlStore {
    async fn others(&self, server: &ServerName) -> Result<OtherServers, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(others(transaction.connection()?, server)).await;
        Ok(transaction.end(found).await?)
    }

    async fn report(&self, server: &ServerName, began_at: DatabaseTime) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(report(transaction.connection()?, server, began_at)).await;
        Ok(transaction.end(written).await?)
    }

    async fn withdraw(&self, server: &ServerName) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(withdraw(transaction.connection()?, server)).await;
        Ok(transaction.end(written).await?)
    }
}

async fn others(connection: &mut AnyConnection, server: &ServerName) -> Result<OtherServers, sqlx::Error> {
    let row = statement(
        "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now, \
         (SELECT MAX(reached_at) FROM session_store_reports WHERE server <> $1) AS reached_at",
    )
    .bind(server.as_str())
    .fetch_one(connection)
    .await?;
    let reached_at: Option<i64> = row.try_get("reached_at")?;
    Ok(OtherServers { now: DatabaseTime(row.try_get("now")?), reached_at: reached_at.map(DatabaseTime) })
}

async fn report(
    connection: &mut AnyConnection,
    server: &ServerName,
    began_at: DatabaseTime,
) -> Result<(), sqlx::Error> {
    statement(
        "INSERT INTO session_store_reports (server, reached_at) VALUES ($1, $2) \
         ON CONFLICT (server) DO UPDATE SET reached_at = excluded.reached_at",
    )
    .bind(server.as_str())
    .bind(began_at.0)
    .execute(&mut *connection)
    .await?;
    statement(REMOVE_GONE).bind(began_at.0.saturating_sub(GONE_AFTER)).execute(&mut *connection).await?;
    Ok(())
}

async fn withdraw(connection: &mut AnyConnection, server: &ServerName) -> Result<(), sqlx::Error> {
    statement("DELETE FROM session_store_reports WHERE server = $1")
        .bind(server.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(())
}
