//! Changes of one or two statements, each in a transaction that the caller ends.

use std::time::SystemTime;

use sqlx::{AnyConnection, Row};

use super::{
    super::{
        Owner,
        store::{AnswerStatus, Ending},
        text::folded,
    },
    rows::{TEXT_SO_FAR, json, millis, variant_name},
    transaction::statement,
};
use crate::wire::chat::{ConversationId, MessageId};

pub async fn touch(
    connection: &mut AnyConnection,
    answer: &MessageId,
    start: usize,
    more: &str,
    now: SystemTime,
) -> Result<AnswerStatus, sqlx::Error> {
    let row = statement(
        "UPDATE messages SET touched_at = $2 WHERE id = $1 AND role = 'answer' AND end_reason IS NULL \
         RETURNING stop_wanted",
    )
    .bind(answer.as_str())
    .bind(millis(now))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(AnswerStatus::Gone) };
    if !more.is_empty() {
        add_piece(connection, answer, start, more).await?;
    }
    match row.try_get::<i64, _>("stop_wanted")? {
        0 => Ok(AnswerStatus::Running),
        _ => Ok(AnswerStatus::StopRequested),
    }
}

/// Overwrites a piece with the same start: if the response to a touch was lost, the same text comes again, with more.
async fn add_piece(
    connection: &mut AnyConnection,
    answer: &MessageId,
    start: usize,
    text: &str,
) -> Result<(), sqlx::Error> {
    statement(
        "INSERT INTO answer_pieces (answer, start, text) VALUES ($1, $2, $3) \
         ON CONFLICT (answer, start) DO UPDATE SET text = excluded.text",
    )
    .bind(answer.as_str())
    .bind(i64::try_from(start).unwrap_or(i64::MAX))
    .bind(text)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Returns whether the answer had not ended.
pub async fn end(connection: &mut AnyConnection, answer: &MessageId, ending: &Ending) -> Result<bool, sqlx::Error> {
    let folded = folded(&ending.text);
    let bytes = ending.text.len() + folded.len() + ending.thinking.len();
    let ended = statement(
        "UPDATE messages SET text = $2, folded = $3, end_reason = $4, error = $5, usage = $6, thinking = $7, bytes = $8, \
         sent_from = $9 \
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
    .bind(ending.sent_from.as_ref().map(MessageId::as_str))
    .execute(&mut *connection)
    .await?;
    statement("DELETE FROM answer_pieces WHERE answer = $1").bind(answer.as_str()).execute(&mut *connection).await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends all running answers with the text they have. Also completes the text of answers that the previous release ended,
/// which knows nothing of pieces.
pub async fn interrupt_all(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let interrupt = format!(
        "UPDATE messages AS m SET text = {TEXT_SO_FAR}, bytes = OCTET_LENGTH({TEXT_SO_FAR}), \
         end_reason = COALESCE(m.end_reason, 'interrupted') WHERE m.role = 'answer' \
         AND (m.end_reason IS NULL OR EXISTS (SELECT 1 FROM answer_pieces p WHERE p.answer = m.id))"
    );
    statement(&interrupt).execute(&mut *connection).await?;
    statement("DELETE FROM answer_pieces").execute(&mut *connection).await?;
    Ok(())
}

pub async fn request_stop(
    connection: &mut AnyConnection,
    owner: &Owner,
    answer: &MessageId,
) -> Result<(), sqlx::Error> {
    statement("UPDATE messages SET stop_wanted = 1 WHERE owner = $1 AND id = $2 AND end_reason IS NULL")
        .bind(owner.as_str())
        .bind(answer.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

pub async fn rename(
    connection: &mut AnyConnection,
    owner: &Owner,
    id: &ConversationId,
    title: &str,
) -> Result<bool, sqlx::Error> {
    let renamed =
        statement("UPDATE conversations SET title = $3, folded = $4, renamed = 1 WHERE owner = $1 AND id = $2")
            .bind(owner.as_str())
            .bind(id.as_str())
            .bind(title)
            .bind(folded(title))
            .execute(&mut *connection)
            .await?;
    Ok(renamed.rows_affected() > 0)
}

pub async fn pin(
    connection: &mut AnyConnection,
    owner: &Owner,
    id: &ConversationId,
    pinned: bool,
) -> Result<bool, sqlx::Error> {
    let changed = statement("UPDATE conversations SET pinned = $3 WHERE owner = $1 AND id = $2")
        .bind(owner.as_str())
        .bind(id.as_str())
        .bind(i64::from(pinned))
        .execute(&mut *connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// The messages are deleted with it.
pub async fn delete(connection: &mut AnyConnection, owner: &Owner, id: &ConversationId) -> Result<bool, sqlx::Error> {
    let deleted = statement("DELETE FROM conversations WHERE owner = $1 AND id = $2")
        .bind(owner.as_str())
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}
