//! Conversations that the person deletes. For a while each stays in the list, where the deletion can be undone; only then is
//! it requested from the server, and only what the server has deleted leaves the list.
//!
//! What waits is deleted at once when the page is hidden. Where it is closed before the request was sent, or the person
//! signs out, the next page of the same person requests it.

use std::time::Duration;

use dioxus::prelude::*;
use futures_util::StreamExt;

use super::navigation::new_conversation;
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            element_ids::COMPOSER,
            list::{ConversationList, Found},
        },
        language::{ChosenLanguage, use_language},
        platform::{clock, dom, frame, visibility, web_storage::LOCAL_STORAGE},
    },
    wire::{chat::ConversationId, conversations::ConversationSummary, error::ApiError},
};

/// In the local storage: the ids of the conversations to be deleted, separated by spaces.
const WAITING: &str = "oracle-ai.deletions";

/// The most ids in the local storage.
const MAX_STORED: usize = 20;

const UNDO_TIME: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, PartialEq)]
pub struct Deletions {
    list: ConversationList,
    conversation: Conversation,
    language: ChosenLanguage,
    waiting: Signal<Vec<Waiting>>,
    failure: Signal<Option<(ApiError, ConversationId)>>,
    /// Counts the deletions: one that was undone and begun again has another number.
    begun: CopyValue<u64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Waiting {
    id: ConversationId,
    number: u64,
}

impl Deletions {
    pub fn use_deletions(list: ConversationList, conversation: Conversation) -> Self {
        let language = use_language();
        let deletions = use_hook(|| Self {
            list,
            conversation,
            language,
            waiting: Signal::new(vec![]),
            failure: Signal::new(None),
            begun: CopyValue::new(0),
        });
        use_effect(move || deletions.finish_former());
        use_future(move || async move {
            let mut hides = Box::pin(visibility::hides());
            while hides.next().await.is_some() {
                for waiting in deletions.waiting.peek().clone() {
                    deletions.conversation.tasks.start(deletions.finish(waiting));
                }
            }
        });
        deletions
    }

    /// Whether the conversation is to be deleted. Subscribes the caller.
    pub fn is_waiting(self, id: &ConversationId) -> bool {
        self.waiting.read().iter().any(|waiting| waiting.id == *id)
    }

    /// Why the last one has failed, and of which conversation. Subscribes the caller.
    pub fn failure(self) -> Option<(ApiError, ConversationId)> {
        self.failure.read().clone()
    }

    pub fn begin(mut self, id: ConversationId) {
        *self.begun.write() += 1;
        let waiting = Waiting { id, number: *self.begun.peek() };
        self.failure.set(None);
        store(|ids| ids.push(waiting.id.to_string()));
        self.waiting.write().push(waiting.clone());
        self.conversation.announcer.say(self.language.peek().catalog().sidebar.to_be_deleted.to_owned());
        self.conversation.tasks.start(async move {
            clock::sleep(UNDO_TIME).await;
            self.finish(waiting).await;
        });
    }

    /// Deletes it without delay: the person has waited, and signed in again for it.
    pub fn begin_now(mut self, id: ConversationId) {
        *self.begun.write() += 1;
        let waiting = Waiting { id, number: *self.begun.peek() };
        self.waiting.write().push(waiting.clone());
        self.conversation.tasks.start(self.finish(waiting));
    }

    /// The list shows whether that was in time: another tab may have deleted it.
    pub fn undo(self, id: &ConversationId) {
        self.end(id);
        self.list.refresh();
    }

    fn end(mut self, id: &ConversationId) {
        store(|ids| ids.retain(|stored| *stored != id.to_string()));
        self.waiting.write().retain(|waiting| waiting.id != *id);
    }

    async fn finish(mut self, waiting: Waiting) {
        if !self.waiting.peek().contains(&waiting) {
            return;
        }
        let outcome = self.list.delete(waiting.id.clone()).await;
        self.end(&waiting.id);
        match outcome {
            // It was deleted in another tab.
            Ok(()) | Err(ApiError::NotFound) => {
                if self.conversation.id().as_ref() == Some(&waiting.id) {
                    new_conversation();
                    // That clears the announcements.
                    frame::next_frame().await;
                }
                self.conversation.announcer.say(self.language.peek().catalog().sidebar.deleted.to_owned());
            }
            Err(error) => self.failure.set(Some((error, waiting.id))),
        }
        // The button that had the focus is gone.
        frame::next_frame().await;
        dom::focus_if_lost(COMPOSER);
    }

    /// Deletes what an earlier page has left. Another person's conversations are not found, and stay.
    /// Deletes what an earlier page has left, once the list shows that it is this person's and still there.
    fn finish_former(mut self) {
        let Found::Conversations(found) = self.list.found() else { return };
        let stored = stored();
        let waits = |id: &ConversationId| self.waiting.peek().iter().any(|waiting| waiting.id == *id);
        for ConversationSummary { id, .. } in found.conversations.into_iter().chain(found.pinned) {
            if stored.contains(&id.to_string()) && !waits(&id) {
                self.conversation.tasks.start(async move {
                    let outcome = self.list.delete(id.clone()).await;
                    let asks_for_sign_in = matches!(outcome, Err(ApiError::StepUpRequired { .. }));
                    if outcome.is_ok() || asks_for_sign_in {
                        store(|ids| ids.retain(|stored| *stored != id.to_string()));
                    }
                    if let Err(error) = outcome
                        && asks_for_sign_in
                    {
                        self.failure.set(Some((error, id)));
                    }
                });
            }
        }
    }
}

fn stored() -> Vec<String> {
    LOCAL_STORAGE.get(WAITING).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Other tabs change it, too.
fn store(change: impl FnOnce(&mut Vec<String>)) {
    let mut ids = stored();
    change(&mut ids);
    // Those of other people, or deleted elsewhere, are never found again.
    let first = ids.len().saturating_sub(MAX_STORED);
    LOCAL_STORAGE.set(WAITING, &ids[first..].join(" "));
}
