//! Stored conversations: list, search, read, rename, delete and export. A conversation belongs to one person; for
//! everybody else it does not exist.

mod export;
mod observed;
mod owner;
pub mod peers;
pub mod sql;
pub mod store;
pub mod text;
pub mod tree;

use std::sync::Arc;

pub use observed::ObservedStore;
pub use owner::Owner;
pub use store::{Connections, ConversationStore, StoreError};

use super::{
    environment::Environment,
    observe::audit::{self, Event},
};
use crate::wire::{
    auth::UserClaims,
    chat::ConversationId,
    conversations::{
        ChooseRequest, Conversation, ConversationList, Done, Export, ExportFormat, ExportLanguage, MAX_SEARCH_CHARS,
        MAX_TITLE_CHARS, RenameRequest,
    },
    error::ApiError,
};

/// Longest list of conversations.
const MAX_LISTED: usize = 200;

pub struct Conversations {
    store: Arc<dyn ConversationStore>,
    environment: Environment,
}

impl Conversations {
    pub fn new(store: Arc<dyn ConversationStore>, environment: Environment) -> Self {
        Self { store, environment }
    }

    pub async fn list(&self, user: &UserClaims, search: Option<String>) -> Result<ConversationList, ApiError> {
        let search = text::one_line(&search.unwrap_or_default());
        check_length("search", &search, 0, MAX_SEARCH_CHARS)?;
        let conversations = self.store.list(&Owner::of(user), &search, MAX_LISTED, self.environment.now()).await?;
        Ok(ConversationList { conversations })
    }

    pub async fn conversation(&self, user: &UserClaims, id: Option<String>) -> Result<Conversation, ApiError> {
        let conversation = self.find(user, id).await?;
        audit::record(Event::ConversationRead, Some(user), None);
        Ok(conversation)
    }

    /// Shows and continues the conversation with this version of a message from now on.
    pub async fn choose(&self, user: &UserClaims, request: ChooseRequest) -> Result<Conversation, ApiError> {
        let ChooseRequest { id, version } = request;
        let is_found = self.store.choose(&Owner::of(user), &id, &version).await?;
        done_if(is_found)?;
        self.conversation(user, Some(id.to_string())).await
    }

    pub async fn rename(&self, user: &UserClaims, request: RenameRequest) -> Result<Done, ApiError> {
        let title = text::one_line(&request.title);
        check_length("title", &title, 1, MAX_TITLE_CHARS)?;
        done_if(self.store.rename(&Owner::of(user), &request.id, &title).await?)
    }

    /// An answer of it that is being written ends within a second.
    pub async fn delete(&self, user: &UserClaims, id: &ConversationId) -> Result<Done, ApiError> {
        audit::set_conversation(id.as_str());
        let done = done_if(self.store.delete(&Owner::of(user), id).await?).inspect_err(|_| record_not_found(user))?;
        audit::record(Event::ConversationDeleted, Some(user), None);
        Ok(done)
    }

    pub fn connections(&self) -> Option<Connections> {
        self.store.connections()
    }

    /// Whether conversations can be read now.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    /// Whether a message could be stored now.
    pub async fn check_writes(&self) -> Result<(), StoreError> {
        self.store.check_writes().await
    }

    pub async fn export(
        &self,
        user: &UserClaims,
        id: Option<String>,
        format: Option<String>,
        language: Option<String>,
    ) -> Result<Export, ApiError> {
        let format = format.and_then(|format| serde_json::from_value::<ExportFormat>(format.into()).ok());
        let format = format.ok_or_else(|| invalid("format", "must be `markdown` or `json`"))?;
        let language = match language {
            Some(language) => serde_json::from_value::<ExportLanguage>(language.into()).ok(),
            None => Some(ExportLanguage::default()),
        };
        let language = language.ok_or_else(|| invalid("language", "must be `en` or `fr`"))?;
        let id = parse_id(id)?;
        audit::set_conversation(id.as_str());
        let found = self.store.tree(&Owner::of(user), &id, self.environment.now()).await?;
        let tree = found.ok_or(ApiError::NotFound).inspect_err(|_| record_not_found(user))?;
        let export = export::export(tree, format, language).map_err(|error| {
            tracing::error!(%error, "conversation not exported");
            ApiError::Internal
        })?;
        audit::record(Event::ConversationExported, Some(user), None);
        Ok(export)
    }

    async fn find(&self, user: &UserClaims, id: Option<String>) -> Result<Conversation, ApiError> {
        let id = parse_id(id)?;
        audit::set_conversation(id.as_str());
        let found = self.store.conversation(&Owner::of(user), &id, self.environment.now()).await?;
        found.ok_or(ApiError::NotFound).inspect_err(|_| record_not_found(user))
    }
}

/// Logged here, once, on the way to the response.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store unavailable");
        Self::Unavailable
    }
}

fn parse_id(id: Option<String>) -> Result<ConversationId, ApiError> {
    let id = id.ok_or_else(|| invalid("id", "is missing"))?;
    ConversationId::try_from(id).map_err(|error| invalid("id", &error.to_string()))
}

fn record_not_found(user: &UserClaims) {
    audit::record(Event::ConversationNotFound, Some(user), None);
}

fn done_if(found: bool) -> Result<Done, ApiError> {
    if found { Ok(Done {}) } else { Err(ApiError::NotFound) }
}

pub(super) fn check_length(field: &str, text: &str, min: usize, max: usize) -> Result<(), ApiError> {
    match text.chars().count() {
        count if count < min => Err(invalid(field, "is empty")),
        count if count > max => Err(invalid(field, &format!("has {count} characters, {max} are allowed"))),
        _ => Ok(()),
    }
}

fn invalid(field: &str, reason: &str) -> ApiError {
    ApiError::InvalidField { field: field.to_owned(), reason: reason.to_owned() }
}
