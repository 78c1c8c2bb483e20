//! A store that times each call of another, with a span for it.

use std::{sync::Arc, time::SystemTime};

use super::{
    Owner,
    search::Search,
    store::{
        AnswerStatus, BeginError, Begun, Connections, ConversationStore, Earlier, Ending, ListPage, Listed,
        NewQuestion, StoreError, StoredAnswer, StoredFile,
    },
    tree::ConversationTree,
};
use crate::{
    server::observe::store_calls::conversation_store_call,
    wire::{
        chat::{ConversationId, MessageId},
        conversations::{Conversation, ConversationSummary},
        feedback::Feedback,
    },
};
use async_trait::async_trait;

pub struct ObservedStore(pub Arc<dyn ConversationStore>);

#[async_trait]
impl ConversationStore for ObservedStore {
    async fn begin(&self, owner: &Owner, new: &NewQuestion, now: SystemTime) -> Result<Begun, BeginError> {
        // The other errors are regular outcomes.
        let begun = async {
            match self.0.begin(owner, new, now).await {
                Err(BeginError::Store(error)) => Err(error),
                outcome => Ok(outcome),
            }
        };
        conversation_store_call("conversation store begin", begun).await?
    }

    async fn question(&self, owner: &Owner, question: &MessageId) -> Result<Option<String>, StoreError> {
        conversation_store_call("conversation store question", self.0.question(owner, question)).await
    }

    async fn exchanges_before(
        &self,
        owner: &Owner,
        question: &MessageId,
        budget: usize,
    ) -> Result<Earlier, StoreError> {
        conversation_store_call("conversation store exchanges_before", self.0.exchanges_before(owner, question, budget))
            .await
    }

    async fn files(
        &self,
        owner: &Owner,
        conversation: &ConversationId,
        question: &MessageId,
    ) -> Result<Vec<StoredFile>, StoreError> {
        conversation_store_call("conversation store files", self.0.files(owner, conversation, question)).await
    }

    async fn touch(
        &self,
        answer: &MessageId,
        start: usize,
        more: &str,
        now: SystemTime,
    ) -> Result<AnswerStatus, StoreError> {
        conversation_store_call("conversation store touch", self.0.touch(answer, start, more, now)).await
    }

    async fn end(&self, answer: &MessageId, ending: &Ending) -> Result<bool, StoreError> {
        conversation_store_call("conversation store end", self.0.end(answer, ending)).await
    }

    async fn request_stop(&self, owner: &Owner, answer: &MessageId) -> Result<(), StoreError> {
        conversation_store_call("conversation store ask_to_stop", self.0.request_stop(owner, answer)).await
    }

    async fn answer(
        &self,
        owner: &Owner,
        answer: &MessageId,
        now: SystemTime,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        conversation_store_call("conversation store answer", self.0.answer(owner, answer, now)).await
    }

    async fn list(
        &self,
        owner: &Owner,
        search: &Search,
        page: &ListPage,
        now: SystemTime,
    ) -> Result<Listed, StoreError> {
        conversation_store_call("conversation store list", self.0.list(owner, search, page, now)).await
    }

    async fn pinned(
        &self,
        owner: &Owner,
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<ConversationSummary>, StoreError> {
        conversation_store_call("conversation store pinned", self.0.pinned(owner, limit, now)).await
    }

    async fn conversation(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<Conversation>, StoreError> {
        conversation_store_call("conversation store conversation", self.0.conversation(owner, id, now)).await
    }

    async fn tree(
        &self,
        owner: &Owner,
        id: &ConversationId,
        now: SystemTime,
    ) -> Result<Option<ConversationTree>, StoreError> {
        conversation_store_call("conversation store tree", self.0.tree(owner, id, now)).await
    }

    async fn choose(&self, owner: &Owner, id: &ConversationId, version: &MessageId) -> Result<bool, StoreError> {
        conversation_store_call("conversation store choose", self.0.choose(owner, id, version)).await
    }

    async fn rename(&self, owner: &Owner, id: &ConversationId, title: &str) -> Result<bool, StoreError> {
        conversation_store_call("conversation store rename", self.0.rename(owner, id, title)).await
    }

    async fn pin(&self, owner: &Owner, id: &ConversationId, pinned: bool) -> Result<bool, StoreError> {
        conversation_store_call("conversation store pin", self.0.pin(owner, id, pinned)).await
    }

    async fn delete(&self, owner: &Owner, id: &ConversationId) -> Result<bool, StoreError> {
        conversation_store_call("conversation store delete", self.0.delete(owner, id)).await
    }

    async fn set_feedback(
        &self,
        owner: &Owner,
        answer: &MessageId,
        feedback: Option<&Feedback>,
        now: SystemTime,
    ) -> Result<bool, StoreError> {
        let set = self.0.set_feedback(owner, answer, feedback, now);
        conversation_store_call("conversation store set_feedback", set).await
    }

    async fn delete_some(&self, owner: &Owner, limit: usize) -> Result<usize, StoreError> {
        conversation_store_call("conversation store delete_some", self.0.delete_some(owner, limit)).await
    }

    async fn delete_expired(&self, before: SystemTime, limit: usize, now: SystemTime) -> Result<usize, StoreError> {
        conversation_store_call("conversation store delete_expired", self.0.delete_expired(before, limit, now)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        conversation_store_call("conversation store check", self.0.check()).await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        conversation_store_call("conversation store check_writes", self.0.check_writes()).await
    }
}
