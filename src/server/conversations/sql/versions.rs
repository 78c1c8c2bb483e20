//! The tree of versions in the tables: the message that another one follows, the end of the chosen path, the place of a new
//! question, and the choice of a version. [`super::super::tree`] has the rules.

use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        store::{BeginError, NewQuestion},
        tree::{Node, newest_below},
    },
    begin::Failure,
    transaction::statement,
};
use crate::wire::{
    chat::{ConversationId, MAX_VERSIONS, MessageId},
    error::Limit,
};

/// Where a new message goes.
pub enum Place {
    /// A question, which follows this message, with its answer.
    Question { parent: Parent },
    /// One more answer to a question that is stored.
    Answer,
}

/// The message that a question follows; none, if it is a first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent(String);

impl Parent {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    pub fn id(self) -> Option<MessageId> {
        (!self.is_none()).then(|| MessageId::new(self.0))
    }

    /// From the column of [`parent_of`].
    pub fn of(row: &AnyRow) -> Result<Self, sqlx::Error> {
        row.try_get("parent").map(Self)
    }
}

/// The id of the message that `message` follows; empty if there is none.
pub fn parent_of(message: &str) -> String {
    format!(
        "COALESCE({message}.parent, (SELECT above.id FROM messages above WHERE above.owner = {message}.owner \
         AND above.conversation = {message}.conversation AND above.position = {message}.position - 1), '')"
    )
}

pub async fn place(connection: &mut AnyConnection, owner: &Owner, new: &NewQuestion) -> Result<Place, Failure> {
    let Some(question) = &new.version_of else {
        return Ok(Place::Question { parent: parent_of_new(connection, owner, new).await? });
    };
    let parent = parent_of_question(connection, owner, &new.conversation, question).await?;
    let parent = parent.ok_or(BeginError::NoSuchQuestion)?;
    if *question != new.question {
        refuse_beyond_limit(connection, owner, &new.conversation, parent.as_str()).await?;
        return Ok(Place::Question { parent });
    }
    remove_empty_answer(connection, owner, new, question).await?;
    refuse_beyond_limit(connection, owner, &new.conversation, question.as_str()).await?;
    Ok(Place::Answer)
}

/// Returns whether there is such a message.
pub async fn choose(
    connection: &mut AnyConnection,
    owner: &Owner,
    conversation: &ConversationId,
    version: &MessageId,
) -> Result<bool, sqlx::Error> {
    // First, because it locks the conversation's row against concurrent transactions.
    let lock = statement("UPDATE conversations SET title = title WHERE owner = $1 AND id = $2");
    lock.bind(owner.as_str()).bind(conversation.as_str()).execute(&mut *connection).await?;
    let rows = statement(&format!(
        "SELECT m.id, {} AS parent FROM messages m WHERE m.owner = $1 AND m.conversation = $2 ORDER BY m.position",
        parent_of("m")
    ))
    .bind(owner.as_str())
    .bind(conversation.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let messages = rows.iter().map(|row| Ok((MessageId::new(row.try_get::<String, _>("id")?), Parent::of(row)?.id())));
    let messages = messages.collect::<Result<Vec<_>, sqlx::Error>>()?;
    let nodes: Vec<_> = messages.iter().map(|(id, parent)| Node { id, parent: parent.as_ref() }).collect();
    let (Some(end), Some(newest)) = (newest_below(&nodes, version), nodes.last()) else { return Ok(false) };
    statement("UPDATE conversations SET chosen = $3, chosen_over = $4 WHERE owner = $1 AND id = $2")
        .bind(owner.as_str())
        .bind(conversation.as_str())
        .bind(end.as_str())
        .bind(newest.id.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(true)
}

/// The answer that the question names, or the end of the chosen path.
async fn parent_of_new(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
) -> Result<Parent, sqlx::Error> {
    let row = statement(
        "SELECT COALESCE( \
             (SELECT a.id FROM messages a WHERE a.owner = c.owner AND a.conversation = c.id AND a.id = $3 \
              AND a.role = 'answer'), \
             (SELECT e.id FROM messages e WHERE e.owner = c.owner AND e.conversation = c.id AND e.id = c.chosen \
              AND c.chosen_over = n.id), \
             n.id \
         ) AS parent FROM conversations c JOIN messages n ON n.owner = c.owner AND n.conversation = c.id \
         WHERE c.owner = $1 AND c.id = $2 ORDER BY n.position DESC LIMIT 1",
    )
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(new.after.as_ref().map_or("", MessageId::as_str))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map_or_else(|| Ok(Parent(String::new())), Parent::of)
}

/// `None` if there is no such question.
async fn parent_of_question(
    connection: &mut AnyConnection,
    owner: &Owner,
    conversation: &ConversationId,
    question: &MessageId,
) -> Result<Option<Parent>, sqlx::Error> {
    let row = statement(&format!(
        "SELECT {} AS parent FROM messages m WHERE m.owner = $1 AND m.conversation = $2 AND m.id = $3 \
         AND m.role = 'question'",
        parent_of("m")
    ))
    .bind(owner.as_str())
    .bind(conversation.as_str())
    .bind(question.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(Parent::of).transpose()
}

/// Of the messages that follow this one.
async fn refuse_beyond_limit(
    connection: &mut AnyConnection,
    owner: &Owner,
    conversation: &ConversationId,
    parent: &str,
) -> Result<(), Failure> {
    let row = statement(&format!(
        "SELECT COUNT(*) AS n FROM messages m WHERE m.owner = $1 AND m.conversation = $2 AND {} = $3",
        parent_of("m")
    ))
    .bind(owner.as_str())
    .bind(conversation.as_str())
    .bind(parent)
    .fetch_one(connection)
    .await?;
    let count = usize::try_from(row.try_get::<i64, _>("n")?).unwrap_or(usize::MAX);
    if count >= MAX_VERSIONS {
        return Err(BeginError::LimitReached(Limit::Versions).into());
    }
    Ok(())
}

/// An answer in which nothing was said, as the model could not be reached, is no version: the next one takes its place. Only
/// the newest message is removed, so that positions have no gaps.
async fn remove_empty_answer(
    connection: &mut AnyConnection,
    owner: &Owner,
    new: &NewQuestion,
    question: &MessageId,
) -> Result<(), sqlx::Error> {
    statement(&format!(
        "DELETE FROM messages AS m WHERE m.owner = $1 AND m.conversation = $2 AND m.role = 'answer' AND m.text = '' \
         AND m.thinking = '' AND m.end_reason IS NOT NULL AND {} = $3 \
         AND m.position = (SELECT MAX(l.position) FROM messages l WHERE l.owner = $1 AND l.conversation = $2)",
        parent_of("m")
    ))
    .bind(owner.as_str())
    .bind(new.conversation.as_str())
    .bind(question.as_str())
    .execute(connection)
    .await?;
    Ok(())
}
