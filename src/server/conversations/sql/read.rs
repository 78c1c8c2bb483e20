//! Queries, each in a transaction that the caller ends.

use std::time::SystemTime;

use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        store::{Earlier, Exchange, ExchangeText, StoredAnswer},
        tree::{ConversationTree, TreeMessage},
    },
    attachments,
    rows::{self, message_columns},
    transaction::statement,
    versions::{Parent, parent_of},
};
use crate::wire::chat::{ConversationId, MessageId};

/// The exchanges on the path before a question, the latest first; `place` counts them. `above` is the answer before a question.
fn exchanges_before_query() -> String {
    format!(
        "WITH RECURSIVE path (place, question, answer, above) AS ( \
             SELECT 0, n.id, CAST('' AS TEXT), {} FROM messages n WHERE n.owner = $1 AND n.id = $2 \
             UNION ALL \
             SELECT p.place + 1, q.id, a.id, {} FROM path p JOIN messages a ON a.id = p.above \
             JOIN messages q ON q.id = {} \
         ) {EXCHANGES_THAT_FIT}",
        parent_of("n"),
        parent_of("q"),
        parent_of("a"),
    )
}

/// `total` is the number of characters from each exchange up to the question, `latest` the place of the latest exchange, and
/// `number` how many there are. The conditions on answers are those of [`crate::wire::chat::is_refused`].
const EXCHANGES_THAT_FIT: &str = "SELECT question_id, question, answer_id, answer, number FROM ( \
         SELECT q.id AS question_id, q.text AS question, a.id AS answer_id, a.text AS answer, p.place, \
         SUM(LENGTH(q.text) + LENGTH(a.text)) OVER (ORDER BY p.place) AS total, \
         MIN(p.place) OVER () AS latest, COUNT(*) OVER () AS number \
         FROM path p JOIN messages q ON q.id = p.question JOIN messages a ON a.id = p.answer WHERE p.place > 0 \
         AND COALESCE(a.error, '') NOT LIKE '%\"kind\":\"filtered\"%' \
         AND (a.text <> '' OR COALESCE(a.error, '') NOT LIKE '%\"kind\":\"too_long\"%') \
         AND (a.text <> '' OR a.error IS NOT NULL OR COALESCE(a.end_reason, '') <> 'filtered') \
     ) AS earlier WHERE total <= $3 OR earlier.place = latest ORDER BY earlier.place DESC";

pub async fn exchanges_before(
    connection: &mut AnyConnection,
    owner: &Owner,
    question: &MessageId,
    budget: usize,
) -> Result<Earlier, sqlx::Error> {
    let rows = statement(&exchanges_before_query())
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

pub async fn question(
    connection: &mut AnyConnection,
    owner: &Owner,
    question: &MessageId,
) -> Result<Option<String>, sqlx::Error> {
    let row = statement("SELECT text FROM messages WHERE owner = $1 AND id = $2 AND role = 'question'")
        .bind(owner.as_str())
        .bind(question.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.try_get("text")).transpose()
}

pub async fn answer(
    connection: &mut AnyConnection,
    owner: &Owner,
    answer: &MessageId,
    now: SystemTime,
) -> Result<Option<StoredAnswer>, sqlx::Error> {
    let row = statement(&format!(
        "SELECT {}, {} AS question FROM messages m WHERE m.owner = $1 AND m.id = $2 AND m.role = 'answer'",
        message_columns(),
        parent_of("m")
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

/// One query for all of it but the files, which never change, so that an answer that ends meanwhile is read consistently.
pub async fn tree(
    connection: &mut AnyConnection,
    owner: &Owner,
    id: &ConversationId,
    now: SystemTime,
) -> Result<Option<ConversationTree>, sqlx::Error> {
    let rows = statement(&format!(
        "SELECT {}, {} AS parent, c.title, c.chosen, c.chosen_over FROM conversations c \
         JOIN messages m ON m.owner = c.owner AND m.conversation = c.id \
         WHERE c.owner = $1 AND c.id = $2 ORDER BY m.position",
        message_columns(),
        parent_of("m")
    ))
    .bind(owner.as_str())
    .bind(id.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let (Some(first), Some(newest)) = (rows.first(), rows.last()) else { return Ok(None) };
    let title = first.try_get("title")?;
    let chosen_over: Option<String> = first.try_get("chosen_over")?;
    let is_valid = chosen_over == newest.try_get("id")?;
    let chosen = first.try_get::<Option<String>, _>("chosen")?.filter(|_| is_valid).map(MessageId::new);
    let messages =
        rows.iter().map(|row| Ok(TreeMessage { parent: Parent::of(row)?.id(), message: rows::message(row, now)? }));
    let mut messages = messages.collect::<Result<Vec<_>, sqlx::Error>>()?;
    let mut files = attachments::summaries(connection, owner, id).await?;
    for TreeMessage { message, .. } in &mut messages {
        message.attachments = files.remove(message.id.as_str()).unwrap_or_default();
    }
    Ok(Some(ConversationTree { id: id.clone(), title, messages, chosen }))
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
