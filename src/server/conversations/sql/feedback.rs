//! What people said of answers.

use std::time::SystemTime;

use sqlx::{AnyConnection, Executor, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        feedback::{GivenFeedback, Place},
        store::StoreError,
    },
    DatabaseUrl,
    rows::{from_json, json, millis},
    transaction::{in_time, statement},
};
use crate::wire::{
    chat::{ConversationId, MessageId},
    feedback::Feedback,
};

/// After the place at which the page before ended, in the order of time.
const PAGE: &str = "SELECT id, conversation, model, created_at, feedback, feedback_at FROM messages \
                    WHERE feedback_at IS NOT NULL AND (feedback_at > $1 OR (feedback_at = $1 AND id > $2)) \
                    ORDER BY feedback_at, id LIMIT $3";

/// Reads all that people have said, beside the server.
pub struct FeedbackReader {
    connection: AnyConnection,
    begin: &'static str,
}

impl FeedbackReader {
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let (connection, begin) = url.connect_to_read().await?;
        Ok(Self { connection, begin })
    }

    /// The first after this place, at most `limit`.
    pub async fn after(&mut self, place: &Place, limit: usize) -> Result<Vec<GivenFeedback>, StoreError> {
        let read = async {
            self.connection.execute(self.begin).await?;
            let found = after(&mut self.connection, place, limit).await?;
            self.connection.execute("COMMIT").await?;
            Ok::<_, sqlx::Error>(found)
        };
        Ok(in_time(read).await?)
    }
}

/// Returns whether there is such an answer that has ended.
pub async fn set(
    connection: &mut AnyConnection,
    owner: &Owner,
    answer: &MessageId,
    feedback: Option<&Feedback>,
    now: SystemTime,
) -> Result<bool, sqlx::Error> {
    let changed = statement(
        "UPDATE messages SET feedback = $3, feedback_at = $4 \
         WHERE owner = $1 AND id = $2 AND role = 'answer' AND end_reason IS NOT NULL",
    )
    .bind(owner.as_str())
    .bind(answer.as_str())
    .bind(json(feedback)?)
    .bind(feedback.map(|_| millis(now)))
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

async fn after(connection: &mut AnyConnection, place: &Place, limit: usize) -> Result<Vec<GivenFeedback>, sqlx::Error> {
    let rows = statement(PAGE)
        .bind(place.at)
        .bind(&place.answer)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    rows.iter().filter_map(|row| given(row).transpose()).collect()
}

fn given(row: &AnyRow) -> Result<Option<GivenFeedback>, sqlx::Error> {
    let Some(feedback) = from_json(row.try_get("feedback")?)? else { return Ok(None) };
    Ok(Some(GivenFeedback {
        at: row.try_get("feedback_at")?,
        answer: MessageId::new(row.try_get::<String, _>("id")?),
        conversation: ConversationId::new(row.try_get::<String, _>("conversation")?),
        answered_at: row.try_get("created_at")?,
        model: row.try_get::<Option<String>, _>("model")?.unwrap_or_default(),
        feedback,
    }))
}
