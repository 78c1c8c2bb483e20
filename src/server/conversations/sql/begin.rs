//! Storing a question and beginning its answer: one transaction.

use std::{num::NonZeroU64, time::SystemTime};

use sqlx::{AnyConnection, Row};

use super::{
    super::{
        Owner,
        store::{BeginError, Begun, MAX_MESSAGES, NewQuestion},
        text::{folded, title_of},
    },
    attachments::{self, NewFile},
    rows::{TEXT_SO_FAR, lost_before, millis},
    transaction::{Transaction, in_time, statement},
    versions::{Parent, Place, place},
};
use crate::wire::{chat::MessageId, error::Limit};

/// Why nothing was stored.
pub enum Failure {
    /// A concurrent transaction stored the same key or position.
    Conflict(sqlx::Error),
    Refused(BeginError),
}

pub async fn begin(
    mut transaction: Transaction<'_>,
    quota: Option<NonZeroU64>,
    owner: &Owner,
    new: &NewQuestion,
    now: SystemTime,
) -> Result<Begun, Failure> {
    let stored = in_time(store(transaction.connection()?, quota, owner, new, now)).await;
    match stored {
        Ok(Begun::New) => transaction.commit().await?,
        // The connection is closed.
        Err(Failure::Refused(BeginError::Store(_))) => {}
        Ok(Begun::AlreadyStored { .. }) | Err(_) => transaction.rollback().await?,
    }
    stored
}

/// In a transaction that the caller ends.
pub async fn store(
    connection: &mut AnyConnection,
    quota: Option<NonZeroU64>,
    owner: &Owner,
    new: &NewQuestion,
    now: SystemTime,
) -> Result<Begun, Failure> {
    // First, because it locks the conversation's row against concurrent transactions.
    touch_conversation(connection, owner, new, now).await?;
    if let Some(answer) = answer_to_key(connection, owner, new).await? {
        return Ok(Begun::AlreadyStored { answer });
    }
    end_lost_answers(connection, owner, new, now).await?;
    if count(connection, RUNNING, owner, new).await? > 0 {
        return Err(BeginError::Running.into());
    }
    let place = place(connection, owner, new).await?;
    let position = count(connection, MESSAGES, owner, new).await?;
    // A question that is there already has its files.
    let files = match place {
        Place::Question { .. } => attachments::of_new(connection, owner, new).await?,
        Place::Answer => vec![],
    };
    let bytes_of_question = files.iter().map(NewFile::bytes).fold(bytes(&new.text), i64::saturating_add);
    let (added, more_bytes) = match place {
        Place::Question { .. } => (2, bytes_of_question),
        Place::Answer => (1, 0),
    };
    if position + added > MAX_MESSAGES {
        return Err(BeginError::LimitReached(Limit::Messages).into());
    }
    if let Some(quota) = quota
        && count(connection, BYTES, owner, new).await?.saturating_add(more_bytes) > quota.get().cast_signed()
    {
        return Err(BeginError::LimitReached(Limit::Storage).into());
    }
    if let Place::Question { parent } = &place {
        if parent.is_none() {
            set_title(connection, owner, new).await?;
        }
        insert_question(connection, owner, new, parent, position, bytes_of_question, now).await?;
        attachments::insert(connection, owner, &new.question, files).await?;
    }
    insert_answer(connection, owner, new, &place, position + added - 1, now).await?;
    Ok(Begun::New)
}

/// Creates the conversation where there is none, and does not say which: a new one has no messages yet.
async fn touch_conversation(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    statement(
        "INSERT INTO conversations (owner, id, title, folded, renamed, updated_at) VALUES ($1, $2, '', '', 0, $3) \
         ON CONFLICT (owner, id) DO UPDATE SET updated_at = excluded.updated_at",
    )
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

async fn answer_to_key(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
) -> Result<Option<MessageId>, sqlx::Error> {
    // A question's first answer comes right after it. One that was asked for again has the key itself.
    let row = statement(
        "SELECT a.id FROM messages k JOIN messages a ON a.owner = k.owner AND a.conversation = k.conversation \
         AND a.position = k.position + CASE k.role WHEN 'question' THEN 1 ELSE 0 END \
         WHERE k.owner = $1 AND k.idempotency_key = $2",
    )
    .bind(owner.as_str())
    .bind(new.idempotency_key.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok(MessageId::new(row.try_get::<String, _>("id")?))).transpose()
}

/// Ends answers as interrupted whose server has failed.
async fn end_lost_answers(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let lost = statement(&format!(
        "UPDATE messages AS m SET text = {TEXT_SO_FAR}, bytes = OCTET_LENGTH({TEXT_SO_FAR}), end_reason = 'interrupted' \
         WHERE m.owner = $1 AND m.conversation = $2 AND m.role = 'answer' AND m.end_reason IS NULL \
         AND m.touched_at < $3 RETURNING id"
    ))
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(lost_before(now))
    .fetch_all(&mut *connection)
    .await?;
    for row in lost {
        let delete = statement("DELETE FROM answer_pieces WHERE answer = $1");
        delete.bind(row.try_get::<String, _>("id")?).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn set_title(connection: &mut AnyConnection, owner: &Owner, new: &NewQuestion) -> Result<(), sqlx::Error> {
    let title = title_of(&new.text);
    statement("UPDATE conversations SET title = $3, folded = $4 WHERE owner = $1 AND id = $2 AND renamed = 0")
        .bind(owner.as_str())
        .bind(new.conversation.as_str())
        .bind(&title)
        .bind(folded(&title))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_question(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
    parent: &Parent,
    position: i64,
    bytes: i64,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    statement(
        "INSERT INTO messages (id, owner, conversation, position, role, text, folded, created_at, idempotency_key, bytes, \
         parent) VALUES ($1, $2, $3, $4, 'question', $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.question.as_str())
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(position)
    .bind(&new.text)
    .bind(folded(&new.text))
    .bind(millis(now))
    .bind(new.idempotency_key.as_str())
    .bind(bytes)
    .bind(parent.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// The size of a text with its folded text.
fn bytes(text: &str) -> i64 {
    i64::try_from(text.len() + folded(text).len()).unwrap_or(i64::MAX)
}

async fn insert_answer(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
    place: &Place,
    position: i64,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let key = match place {
        Place::Question { .. } => None,
        Place::Answer => Some(new.idempotency_key.as_str()),
    };
    statement(
        "INSERT INTO messages (id, owner, conversation, position, role, text, folded, created_at, model, touched_at, \
         stop_wanted, parent, idempotency_key) VALUES ($1, $2, $3, $4, 'answer', '', '', $5, $6, $5, 0, $7, $8)",
    )
    .bind(new.answer.as_str())
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(position)
    .bind(millis(now))
    .bind(&new.model)
    .bind(new.question.as_str())
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

const RUNNING: &str = "SELECT COUNT(*) AS n FROM messages \
                       WHERE owner = $1 AND conversation = $2 AND role = 'answer' AND end_reason IS NULL";
const MESSAGES: &str = "SELECT COUNT(*) AS n FROM messages WHERE owner = $1 AND conversation = $2";
// Each message takes some bytes more than its text, so that short ones are bounded, too. In PostgreSQL, a sum of BIGINT is
// NUMERIC. `$2 <> ''` is always true. It is there because `count` binds two parameters.
const BYTES: &str =
    "SELECT CAST(COALESCE(SUM(bytes + 100), 0) AS BIGINT) AS n FROM messages WHERE owner = $1 AND $2 <> ''";

async fn count(
    connection: &mut AnyConnection,
    query: &'static str,
    owner: &Owner,
    new: &NewQuestion,
) -> Result<i64, sqlx::Error> {
    let row = statement(query).bind(owner.as_str()).bind(new.conversation.as_str()).fetch_one(connection).await?;
    row.try_get("n")
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
            true => Self::Conflict(error),
            false => Self::Refused(BeginError::Store(error.into())),
        }
    }
}

impl From<BeginError> for Failure {
    fn from(error: BeginError) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for BeginError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(error) => Self::Store(error.into()),
            Failure::Refused(error) => error,
        }
    }
}
