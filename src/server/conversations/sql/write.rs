//! Changes of one or two statements, each consistent without a transaction.

use std::time::SystemTime;

use sqlx::{AnyPool, Row};

use super::{
    super::{
        Owner,
        store::{AnswerStatus, Ending},
        text::folded,
    },
    rows::{TEXT_SO_FAR, json, millis, variant_name},
};
use crate::wire::chat::{ConversationId, MessageId};

pub async fn touch(
    pool: &AnyPool,
    answer: &MessageId,
    start: usize,
    more: &str,
    now: SystemTime,
) -> Result<AnswerStatus, sqlx::Error> {
    let row = sqlx::query(
        "UPDATE messages SET touched_at = $2 WHERE id = $1 AND role = 'answer' AND end_reason IS NULL \
         RETURNING stop_wanted",
    )
    .bind(answer.as_str())
    .bind(millis(now))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(AnswerStatus::Gone) };
    if !more.is_empty() {
        add_piece(pool, answer, start, more).await?;
    }
    match row.try_get::<i64, _>("stop_wanted")? {
        0 => Ok(AnswerStatus::Running),
        _ => Ok(AnswerStatus::StopRequested),
    }
}

/// Overwrites a piece with the same start: if the response to a touch was lost, the same text comes again, with more.
async fn add_piece(pool: &AnyPool, answer: &MessageId, start: usize, text: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO answer_pieces (answer, start, text) VALUES ($1, $2, $3) \
         ON CONFLICT (answer, start) DO UPDATE SET text = excluded.text",
    )
    .bind(answer.as_str())
    .bind(i64::try_from(start).unwrap_or(i64::MAX))
    .bind(text)
    .execute(pool)
    .await?;
    Ok(())
}

pub async fn end(pool: &AnyPool, answer: &MessageId, ending: &Ending) -> Result<(), sqlx::Error> {
    let folded = folded(&ending.text);
    let bytes = ending.text.len() + folded.len() + ending.thinking.len();
    sqlx::query(
        "UPDATE messages SET text = $2, folded = $3, end_reason = $4, error = $5, usage = $6, thinking = $7, bytes = $8 \
         WHERE id = $1 AND role = 'answer' AND end_reason IS NULL",
    )
    .bind(answer.as_str())
    .bind(&ending.text)
    .bind(&folded)
    .bind(variant_name(ending.reason)?)
    .bind(json(ending.error)?)
    .bind(json(ending.usage)?)
    .bind(&ending.thinking)
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .execute(pool)
    .await?;
    sqlx::query("DELETE FROM answer_pieces WHERE answer = $1").bind(answer.as_str()).execute(pool).await?;
    Ok(())
}

/// Ends all running answers with the text they have. Also completes the text of answers that the previous release ended,
/// which knows nothing of pieces.
pub async fn interrupt_all(pool: &AnyPool) -> Result<(), sqlx::Error> {
    let interrupt = format!(
        "UPDATE messages AS m SET text = {TEXT_SO_FAR}, bytes = OCTET_LENGTH({TEXT_SO_FAR}), \
         end_reason = COALESCE(m.end_reason, 'interrupted') WHERE m.role = 'answer' \
         AND (m.end_reason IS NULL OR EXISTS (SELECT 1 FROM answer_pieces p WHERE p.answer = m.id))"
    );
    sqlx::query(&interrupt).execute(pool).await?;
    sqlx::query("DELETE FROM answer_pieces").execute(pool).await?;
    Ok(())
}

pub async fn request_stop(pool: &AnyPool, owner: &Owner, answer: &MessageId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE messages SET stop_wanted = 1 WHERE owner = $1 AND id = $2 AND end_reason IS NULL")
        .bind(owner.as_str())
        .bind(answer.as_str())
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn rename(pool: &AnyPool, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, sqlx::Error> {
    let renamed =
        sqlx::query("UPDATE conversations SET title = $3, folded = $4, renamed = 1 WHERE owner = $1 AND id = $2")
            .bind(owner.as_str())
            .bind(id.as_str())
            .bind(title)
            .bind(folded(title))
            .execute(pool)
            .await?;
    Ok(renamed.rows_affected() > 0)
}

/// The messages are deleted with it.
pub async fn delete(pool: &AnyPool, owner: &Owner, id: &ConversationId) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM conversations WHERE owner = $1 AND id = $2")
        .bind(owner.as_str())
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(deleted.rows_affected() > 0)
}
