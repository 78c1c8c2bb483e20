//! Queries, each in a transaction that the caller ends.

use std::time::SystemTime;

use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        store::{Earlier, Exchange, ExchangeText, StoredAnswer},
    },
    attachments,
    rows::{self, message_columns},
    transaction::statement,
};
use crate::wire::{
    chat::{ConversationId, MessageId},
    conversations::Conversation,
};

/// `total` is the number of characters from each exchange up to the question, `latest` the position of the latest exchange, and
/// `number` how many there are. The conditions on answers are those of [`crate::wire::chat::is_refused`].
const EXCHANGES_BEFORE: &str = "SELECT question_id, question, answer_id, answer, number FROM ( \
         SELECT q.id AS question_id, q.text AS question, a.id AS answer_id, a.text AS answer, q.position, \
         SUM(LENGTH(q.text) + LENGTH(a.text)) OVER (ORDER BY q.position DESC) AS total, \
         MAX(q.position) OVER () AS latest, COUNT(*) OVER () AS number \
         FROM messages n JOIN messages q ON q.owner = n.owner AND q.conversation = n.conversation \
         JOIN messages a ON a.owner = q.owner AND a.conversation = q.conversation AND a.position = q.position + 1 \
         WHERE n.owner = $1 AND n.id = $2 AND q.position < n.position AND q.role = 'question' \
         AND COALESCE(a.error, '') NOT LIKE '%\"kind\":\"filtered\"%' \
         AND (a.text <> '' OR COALESCE(a.error, '') NOT LIKE '%\"kind\":\"too_long\"%') \
         AND (a.text <> '' OR a.error IS NOT NULL OR COALESCE(a.end_reason, '') <> 'filtered') \
     ) AS earlier WHERE total <= $3 OR earlier.position = latest ORDER BY earlier.position";

pub async fn exchanges_before(
    connection: &mut AnyConnection,
    owner: &Owner,
    question: &MessageId,
    budget: usize,
) -> Result<Earlier, sqlx::Error> {
    let rows = statement(EXCHANGES_BEFORE)
        .bind(owner.as_str())
        .bind(question.as_str())
        .bind(i64::try_from(budget).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
    let exchanges = rows.iter().map(exchange).collect::<Result<Vec<_>, _>>()?;
    let number: i64 = rows.first().map_or(Ok(0), |row| row.try_get("number"))?;
    let has_more = usize::try_from(number).is_ok_and(|number| number > exchanges.len());
    let mut earlier = Earlier { exchanges, has_more };
    let texts: usize = earlier.exchanges.iter().map(Exchange::chars).sum();
    attachments::add_to(connection, owner, &mut earlier, budget.saturating_sub(texts)).await?;
    Ok(earlier)
}

pub async fn answer(
    connection: &mut AnyConnection,
    owner: &Owner,
    answer: &MessageId,
    now: SystemTime,
) -> Result<Option<StoredAnswer>, sqlx::Error> {
    let row = statement(&format!(
        "SELECT {}, q.id AS question FROM messages m JOIN messages q \
         ON q.owner = m.owner AND q.conversation = m.conversation AND q.position = m.position - 1 \
         WHERE m.owner = $1 AND m.id = $2 AND m.role = 'answer'",
        message_columns()
    ))
    .bind(owner.as_str())
    .bind(answer.as_str())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredAnswer {
        question: MessageId::new(row.try_get::<String, _>("question")?),
        model: row.try_get::<Option<String>, _>("model")?.unwrap_or_default(),
        message: rows::message(&row, now)?,
    }))
}

/// One query for title and messages (files never change), so that an answer that ends meanwhile is read consistently.
pub async fn conversation(
    connection: &mut AnyConnection,
    owner: &Owner,
    id: &ConversationId,
    now: SystemTime,
) -> Result<Option<Conversation>, sqlx::Error> {
    let rows = statement(&format!(
        "SELECT {}, c.title FROM conversations c \
         JOIN messages m ON m.owner = c.owner AND m.conversation = c.id \
         WHERE c.owner = $1 AND c.id = $2 ORDER BY m.position",
        message_columns()
    ))
    .bind(owner.as_str())
    .bind(id.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let title = first.try_get("title")?;
    let mut messages = rows.iter().map(|row| rows::message(row, now)).collect::<Result<Vec<_>, _>>()?;
    let mut files = attachments::summaries(connection, owner, id).await?;
    for message in &mut messages {
        message.attachments = files.remove(message.id.as_str()).unwrap_or_default();
    }
    let running = messages.last().filter(|last| last.is_running()).map(|last| last.id.clone());
    Ok(Some(Conversation { id: id.clone(), title, messages, running }))
}

fn exchange(row: &AnyRow) -> Result<Exchange, sqlx::Error> {
    let text = |id, text| {
        Ok::<_, sqlx::Error>(ExchangeText {
            id: MessageId::new(row.try_get::<String, _>(id)?),
            text: row.try_get(text)?,
        })
    };
    let (question, answer) = (text("question_id", "question")?, text("answer_id", "answer")?);
    Ok(Exchange { question, files: vec![], answer })
}
