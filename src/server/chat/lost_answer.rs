//! The end of an answer whose server has failed.

use std::time::SystemTime;

use super::answer_log::{AnswerLog, AnswerName};
use crate::{
    server::conversations::{
        ConversationStore, StoreError,
        store::{Ending, StoredAnswer},
    },
    wire::chat::{ChatEventKind, EndReason},
};

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
    let (mut text, mut thinking) = match log {
        Some(log) => logged_text(log, name).await,
        None => Default::default(),
    };
    // There is no log, or it was lost.
    if text.len() < stored.message.text.len() {
        text.clone_from(&stored.message.text);
    }
    if thinking.len() < stored.message.thinking.len() {
        thinking.clone_from(&stored.message.thinking);
    }
    let ending = Ending { text, thinking, reason: EndReason::Interrupted, error: None, usage: None };
    let has_ended = store.end(&name.answer, &ending).await;
    has_ended.inspect_err(|error| {
        tracing::warn!(%error, "the end of an answer whose server has failed was not stored");
    })?;
    store.answer(&name.owner, &name.answer, now).await
}

/// Text and thinking.
async fn logged_text(log: &dyn AnswerLog, name: &AnswerName) -> (String, String) {
    let (mut text, mut thinking) = (String::new(), String::new());
    for event in log.read(name, 0).await.unwrap_or_default() {
        match event.kind {
            // All of the answer follows once more.
            ChatEventKind::Open { .. } => {
                text.clear();
                thinking.clear();
            }
            ChatEventKind::Delta { text: piece } => text.push_str(&piece),
            ChatEventKind::Thinking { text: piece } => thinking.push_str(&piece),
            ChatEventKind::Usage(_) | ChatEventKind::Error(_) | ChatEventKind::End { .. } => {}
        }
    }
    (text, thinking)
}
