//! The files of questions, each statement in a transaction that the caller ends.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    super::{
        Owner,
        store::{BeginError, Earlier, NewQuestion, StoredFile},
        text::{folded, storable},
    },
    begin::Failure,
    rows::{from_json, json},
    transaction::statement,
};
use crate::wire::{
    attachments::{AttachmentSummary, Content, Part, StoredAt, chosen_chars},
    chat::{ConversationId, MessageId},
};

/// A file that is about to be stored.
pub struct NewFile {
    file: StoredFile,
    folded: String,
}

impl NewFile {
    fn new(file: StoredFile) -> Self {
        Self { folded: folded(&format!("{}\n{}", file.name, file.text)), file }
    }

    /// What it takes of a person's storage.
    pub fn bytes(&self) -> i64 {
        i64::try_from(self.file.name.len() + self.file.text.len() + self.folded.len()).unwrap_or(i64::MAX)
    }
}

/// The files of a new question, with the texts of those that are stored already.
pub async fn of_new(connection: &mut AnyConnection, owner: &Owner, new: &NewQuestion) -> Result<Vec<NewFile>, Failure> {
    let mut files = vec![];
    for attachment in &new.attachments {
        let text = match &attachment.content {
            Content::Text(text) => storable(text),
            Content::Stored(place) => stored_text(connection, owner, place).await?.ok_or(BeginError::NoSuchQuestion)?,
        };
        files.push(NewFile::new(StoredFile {
            name: storable(&attachment.name),
            media_type: storable(&attachment.media_type),
            chars: text.chars().count(),
            parts: attachment.parts.clone(),
            text,
        }));
    }
    Ok(files)
}

pub async fn insert(
    connection: &mut AnyConnection,
    owner: &Owner,
    question: &MessageId,
    files: Vec<NewFile>,
) -> Result<(), sqlx::Error> {
    for (position, NewFile { file, folded }) in (0_i64..).zip(files) {
        statement(
            "INSERT INTO attachments (owner, question, position, name, media_type, text, folded, chars, parts) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(owner.as_str())
        .bind(question.as_str())
        .bind(position)
        .bind(file.name)
        .bind(file.media_type)
        .bind(file.text)
        .bind(folded)
        .bind(i64::try_from(file.chars).unwrap_or(i64::MAX))
        .bind(json(Some(file.parts).filter(|parts| !parts.is_empty()))?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// With their texts, in order.
pub async fn of_question(
    connection: &mut AnyConnection,
    owner: &Owner,
    conversation: &ConversationId,
    question: &MessageId,
) -> Result<Vec<StoredFile>, sqlx::Error> {
    let rows = statement(
        "SELECT f.name, f.media_type, f.chars, f.parts, f.text FROM attachments f JOIN messages m ON m.id = f.question \
         WHERE m.owner = $1 AND m.conversation = $2 AND m.id = $3 ORDER BY f.position",
    )
    .bind(owner.as_str())
    .bind(conversation.as_str())
    .bind(question.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(StoredFile { text: row.try_get("text")?, ..without_text(row)? })).collect()
}

/// Without their texts, by question.
pub async fn summaries(
    connection: &mut AnyConnection,
    owner: &Owner,
    conversation: &ConversationId,
) -> Result<BTreeMap<String, Vec<AttachmentSummary>>, sqlx::Error> {
    let rows = statement(&format!("{FILES} WHERE m.owner = $1 AND m.conversation = $2 ORDER BY f.position"))
        .bind(owner.as_str())
        .bind(conversation.as_str())
        .fetch_all(connection)
        .await?;
    let mut summaries: BTreeMap<String, Vec<AttachmentSummary>> = BTreeMap::new();
    for row in &rows {
        let StoredFile { name, media_type, chars, parts, .. } = without_text(row)?;
        let summary = AttachmentSummary { name, media_type, chars, parts, text: None };
        summaries.entry(row.try_get("question")?).or_default().push(summary);
    }
    Ok(summaries)
}

/// Adds the files of each exchange. The texts of the latest ones are read until `room` characters are taken; the others
/// have none.
pub async fn add_to(
    connection: &mut AnyConnection,
    owner: &Owner,
    earlier: &mut Earlier,
    room: usize,
) -> Result<(), sqlx::Error> {
    let mut room = room;
    for exchange in earlier.exchanges.iter_mut().rev() {
        let question = exchange.question.id.as_str();
        let rows = statement(&format!("{FILES} WHERE m.owner = $1 AND m.id = $2 ORDER BY f.position"))
            .bind(owner.as_str())
            .bind(question)
            .fetch_all(&mut *connection)
            .await?;
        for (position, row) in (0..).zip(&rows) {
            let mut file = without_text(row)?;
            if room > 0 {
                let place = StoredAt { question: exchange.question.id.clone(), position };
                file.text = stored_text(connection, owner, &place).await?.unwrap_or_default();
            }
            exchange.files.push(file);
        }
        let chosen: usize = exchange.files.iter().map(|file| chosen_chars(file.chars, &file.parts)).sum();
        room = room.saturating_sub(chosen);
    }
    Ok(())
}

const FILES: &str = "SELECT f.question, f.name, f.media_type, f.chars, f.parts FROM attachments f \
                     JOIN messages m ON m.id = f.question";

async fn stored_text(
    connection: &mut AnyConnection,
    owner: &Owner,
    place: &StoredAt,
) -> Result<Option<String>, sqlx::Error> {
    let row = statement(
        "SELECT f.text FROM attachments f JOIN messages m ON m.id = f.question \
         WHERE m.owner = $1 AND m.id = $2 AND f.position = $3",
    )
    .bind(owner.as_str())
    .bind(place.question.as_str())
    .bind(i64::from(place.position))
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.try_get("text")).transpose()
}

fn without_text(row: &AnyRow) -> Result<StoredFile, sqlx::Error> {
    Ok(StoredFile {
        name: row.try_get("name")?,
        media_type: row.try_get("media_type")?,
        chars: usize::try_from(row.try_get::<i64, _>("chars")?).unwrap_or(0),
        parts: from_json::<Vec<Part>>(row.try_get("parts")?)?.unwrap_or_default(),
        text: String::new(),
    })
}
