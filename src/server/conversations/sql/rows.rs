//! Conversion between columns and our types.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, any::AnyRow};

use super::super::store::LOST_AFTER;
use crate::wire::{
    chat::{EndReason, MessageId},
    conversations::{Message, Role},
};

/// The text of message `m` so far. `end` stores the whole text and then deletes the pieces, in two steps; until the second
/// is done, pieces that are part of the text are ignored. The previous release ends lost answers without a text; their
/// pieces are not ignored.
pub const TEXT_SO_FAR: &str = "m.text || COALESCE((SELECT STRING_AGG(p.text, '' ORDER BY p.start) FROM answer_pieces p \
                               WHERE p.answer = m.id AND p.start >= OCTET_LENGTH(m.text)), '')";

/// The columns that [`message`] reads.
pub fn message_columns() -> String {
    format!(
        "m.id, m.role, {TEXT_SO_FAR} AS text, m.thinking, m.created_at, m.touched_at, m.end_reason, m.error, m.usage, \
         m.model, m.sent_from, m.feedback"
    )
}

/// Without its files.
pub fn message(row: &AnyRow, now: SystemTime) -> Result<Message, sqlx::Error> {
    let role = match row.try_get::<String, _>("role")?.as_str() {
        "question" => Role::Question,
        _ => Role::Answer,
    };
    let end: Option<EndReason> = parse_variant(row.try_get("end_reason")?)?;
    let touched_at: Option<i64> = row.try_get("touched_at")?;
    let is_lost = role == Role::Answer && touched_at.is_none_or(|touched_at| touched_at < lost_before(now));
    Ok(Message {
        id: MessageId::new(row.try_get::<String, _>("id")?),
        role,
        text: row.try_get("text")?,
        thinking: row.try_get("thinking")?,
        end: end.or(is_lost.then_some(EndReason::Interrupted)),
        error: from_json(row.try_get("error")?)?,
        usage: from_json(row.try_get("usage")?)?,
        model: row.try_get("model")?,
        sent_from: row.try_get::<Option<String>, _>("sent_from")?.map(MessageId::new),
        feedback: from_json(row.try_get("feedback")?)?,
        // They are known once the whole tree is.
        versions: vec![],
        at: seconds(row.try_get("created_at")?),
        attachments: vec![],
    })
}

/// A running answer that was last touched before this time is lost.
pub fn lost_before(now: SystemTime) -> i64 {
    millis(now).saturating_sub(LOST_AFTER.as_millis() as i64)
}

pub fn millis(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub fn seconds(millis: i64) -> u64 {
    u64::try_from(millis / 1000).unwrap_or(0)
}

/// The name of an enum's variant, as it is on the wire.
pub fn variant_name(variant: impl Serialize) -> Result<String, sqlx::Error> {
    match serde_json::to_value(variant).map_err(encode)? {
        serde_json::Value::String(name) => Ok(name),
        other => Err(sqlx::Error::Encode(format!("{other} is no name").into())),
    }
}

pub fn json<T: Serialize>(value: Option<T>) -> Result<Option<String>, sqlx::Error> {
    value.map(|value| serde_json::to_string(&value).map_err(encode)).transpose()
}

fn parse_variant<T: DeserializeOwned>(name: Option<String>) -> Result<Option<T>, sqlx::Error> {
    name.map(|name| serde_json::from_value(name.into()).map_err(decode)).transpose()
}

pub fn from_json<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>, sqlx::Error> {
    text.map(|text| serde_json::from_str(&text).map_err(decode)).transpose()
}

fn encode(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

fn decode(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
