//! The end of an answer whose server has failed.

use std::time::SystemTime;

use super::answer_log::{AnswerLog, AnswerName};
use crate::{
    server::conversations::{
        ConversationStore, StoreError,
        store::{Ending, StoredAnswer},
    },
    wire::chat::{ChatEventKind, EndReason, MessageId},
};

/// What the log has of an answer.
#[derive(Default)]
struct Logged {
    text: String,
    thinking: String,
    sent_from: Option<MessageId>,
}

/// Stores the end of an answer that counts as interrupted, and returns what is stored then. An answer that has ended is not
/// changed. `None` if its conversation was deleted.
///
/// The text is that of the log, as its readers have seen it: the store, which is written less often, may lack the last words.
pub(super) async fn end_lost(
    store: &dyn ConversationStore,
    log: Option<&dyn AnswerLog>,
    name: &AnswerName,
    stored: &StoredAnswer,
    now: SystemTime,
) -> Result<Option<StoredAnswer>, StoreError> {
    let Logged { mut text, mut thinking, sent_from } = match log {
        Some(log) => read_log(log, name).await,
        None => Default::default(),
    };
    // There is no log, or it was lost.
    if text.len() < stored.message.text.len() {
        text.clone_from(&stored.message.text);
    }
    if thinking.len() < stored.message.thinking.len() {
        thinking.clone_from(&stored.message.thinking);
    }
    let ending = Ending { text, thinking, reason: EndReason::Interrupted, error: None, usage: None, sent_from };
    let has_ended = store.end(&name.answer, &ending).await;
    has_ended.inspect_err(|error| {
        tracing::warn!(%error, "the end of an answer whose server has failed was not stored");
    })?;
    store.answer(&name.owner, &name.answer, now).await
}

async fn read_log(log: &dyn AnswerLog, name: &AnswerName) -> Logged {
    let mut logged = Logged::default();
    for event in log.read(name, 0).await.unwrap_or_default() {
        match event.kind {
            // All of the answer follows once more.
            ChatEventKind::Open { sent_from, .. } => logged = Logged { sent_from, ..Logged::default() },
            ChatEventKind::Delta { text } => logged.text.push_str(&text),
            ChatEventKind::Thinking { text } => logged.thinking.push_str(&text),
            ChatEventKind::Usage(_) | ChatEventKind::Error(_) | ChatEventKind::End { .. } => {}
        }
    }
    logged
}
