//! Deletions of many conversations, some in each transaction, so that no other waits for long.
//!
//! What is deleted is selected by `WITH … AS MATERIALIZED`: PostgreSQL may evaluate a subquery that locks rows once for each
//! row of the table, which then exceeds its `LIMIT`.

use std::time::SystemTime;

use sqlx::AnyConnection;

use super::{
    super::Owner,
    database::Dialect,
    rows::{lost_before, millis},
    transaction::statement,
};

/// Of several transactions that do the same, each waits for the others, and then deletes what they have left.
pub async fn delete_some(
    connection: &mut AnyConnection,
    owner: &Owner,
    limit: usize,
    dialect: Dialect,
) -> Result<usize, sqlx::Error> {
    let locking = locking(dialect, "FOR UPDATE OF c");
    let deleted = statement(&format!(
        "WITH chosen AS MATERIALIZED \
         (SELECT c.id FROM conversations c WHERE c.owner = $1 ORDER BY c.updated_at LIMIT $2 {locking}) \
         DELETE FROM conversations WHERE owner = $1 AND id IN (SELECT id FROM chosen)"
    ))
    .bind(owner.as_str())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(usize::try_from(deleted.rows_affected()).unwrap_or(usize::MAX))
}

/// A conversation that gets a question meanwhile, or that another server deletes, is locked, and skipped.
pub async fn delete_expired(
    connection: &mut AnyConnection,
    before: SystemTime,
    limit: usize,
    now: SystemTime,
    dialect: Dialect,
) -> Result<usize, sqlx::Error> {
    let locking = locking(dialect, "FOR UPDATE OF c SKIP LOCKED");
    let deleted = statement(&format!(
        "WITH chosen AS MATERIALIZED ( \
             SELECT c.owner, c.id FROM conversations c WHERE c.updated_at < $1 AND NOT EXISTS ( \
                 SELECT 1 FROM messages m WHERE m.owner = c.owner AND m.conversation = c.id AND m.role = 'answer' \
                 AND m.end_reason IS NULL AND m.touched_at >= $2 \
             ) ORDER BY c.updated_at LIMIT $3 {locking}) \
         DELETE FROM conversations WHERE (owner, id) IN (SELECT owner, id FROM chosen)"
    ))
    .bind(millis(before))
    .bind(lost_before(now))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(usize::try_from(deleted.rows_affected()).unwrap_or(usize::MAX))
}

/// SQLite has one writer at a time.
fn locking(dialect: Dialect, clause: &'static str) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => clause,
    }
}
