//! Which versions of the notice people have accepted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use sqlx::{AnyConnection, Row};

use super::{
    super::{
        Owner,
        notice::{Acceptance, Acceptances},
        store::StoreError,
    },
    SqlStore,
    rows::millis,
    transaction::{in_time, statement},
};

#[async_trait]
impl Acceptances for SqlStore {
    async fn accepted_by(&self, owner: &Owner) -> Result<Vec<Acceptance>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(accepted_by(transaction.connection()?, owner)).await;
        Ok(transaction.end(found).await?)
    }

    async fn accepted_at(&self, owner: &Owner, version: &str) -> Result<Option<SystemTime>, StoreError> {
        let mut transaction = self.reading().await?;
        let found = in_time(accepted_at(transaction.connection()?, owner, version)).await;
        Ok(transaction.end(found).await?)
    }

    async fn accept(&self, owner: &Owner, version: &str, now: SystemTime) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(accept(transaction.connection()?, owner, version, now)).await;
        Ok(transaction.end(written).await?)
    }

    async fn forget(&self, owner: &Owner) -> Result<u64, StoreError> {
        let mut transaction = self.writing().await?;
        let written = in_time(forget(transaction.connection()?, owner)).await;
        Ok(transaction.end(written).await?)
    }
}

async fn accepted_by(connection: &mut AnyConnection, owner: &Owner) -> Result<Vec<Acceptance>, sqlx::Error> {
    let rows =
        statement("SELECT version, accepted_at FROM notice_acceptances WHERE owner = $1 ORDER BY accepted_at, version")
            .bind(owner.as_str())
            .fetch_all(connection)
            .await?;
    rows.iter()
        .map(|row| {
            let millis: i64 = row.try_get("accepted_at")?;
            Ok(Acceptance { version: row.try_get("version")?, accepted_at: u64::try_from(millis).unwrap_or(0) / 1000 })
        })
        .collect()
}

async fn accepted_at(
    connection: &mut AnyConnection,
    owner: &Owner,
    version: &str,
) -> Result<Option<SystemTime>, sqlx::Error> {
    let row = statement("SELECT accepted_at FROM notice_acceptances WHERE owner = $1 AND version = $2")
        .bind(owner.as_str())
        .bind(version)
        .fetch_optional(connection)
        .await?;
    let time = |millis: i64| UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    row.map(|row| row.try_get("accepted_at").map(time)).transpose()
}

async fn accept(
    connection: &mut AnyConnection,
    owner: &Owner,
    version: &str,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    statement(
        "INSERT INTO notice_acceptances (owner, version, accepted_at) VALUES ($1, $2, $3) \
         ON CONFLICT (owner, version) DO NOTHING",
    )
    .bind(owner.as_str())
    .bind(version)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut AnyConnection, owner: &Owner) -> Result<u64, sqlx::Error> {
    let deleted =
        statement("DELETE FROM notice_acceptances WHERE owner = $1").bind(owner.as_str()).execute(connection).await?;
    Ok(deleted.rows_affected())
}
