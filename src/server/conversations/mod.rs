//! Stored conversations: list, search, read, rename, pin, delete and export. A conversation belongs to one person; for
//! everybody else it does not exist.
//!
//! | file | holds |
//! |---|---|
//! | `store`, `sql` | the contract of a store, and the one in SQLite or PostgreSQL; `observed` times its calls |
//! | `list_page`, `search`, `found_place` | pages of the list, what is searched for, where it was found |
//! | `export`, `archive`, `everything`, `with_files` | one conversation as a file; all of them, exported or deleted |
//! | `retention` | conversations are deleted for their age |
//! | `text` | how texts are changed before they are stored or searched |
//! | `owner`, `peers` | whose they are; other servers of the same database |

mod archive;
pub mod everything;
mod export;
pub mod feedback;
mod found_place;
mod list_page;
pub mod notice;
mod observed;
mod owner;
pub mod peers;
pub mod retention;
pub mod search;
pub mod sql;
pub mod store;
pub mod text;
pub mod tree;
mod with_files;

use std::{num::NonZeroU32, sync::Arc};

use futures_util::Stream;

pub use observed::ObservedStore;
pub use owner::Owner;
pub use store::{Connections, ConversationStore, StoreError};

use everything::{Everything, ExportError};
use list_page::{ListPage, ListPosition, Listed};
use notice::Acceptance;
use search::Search;
use with_files::add_files;

use super::{
    environment::Environment,
    observe::audit::{self, Event},
};
use crate::wire::{
    attachments::AttachmentText,
    auth::UserClaims,
    chat::{ConversationId, MessageId},
    conversations::{
        ChooseRequest, Conversation, ConversationList, DeleteAllRequest, DeletedAll, Done, Export, ExportFormat,
        ExportLanguage, MAX_SEARCH_CHARS, MAX_TITLE_CHARS, PinRequest, RenameRequest,
    },
    error::ApiError,
};

/// So many conversations are on a page of the list, and among those that are pinned.
const PAGE: usize = 200;

/// The same for what a search has found: each has a part of its text.
const SEARCH_PAGE: usize = 50;

#[derive(Clone)]
pub struct Conversations {
    store: Arc<dyn ConversationStore>,
    environment: Environment,
    kept_days: Option<NonZeroU32>,
}

impl Conversations {
    pub fn new(store: Arc<dyn ConversationStore>, environment: Environment) -> Self {
        Self { store, environment, kept_days: None }
    }

    /// So long after their last question, conversations are deleted, as the page says.
    pub fn kept_for(self, kept_days: Option<NonZeroU32>) -> Self {
        Self { kept_days, ..self }
    }

    /// A page of the list. `before` is the `next` of the page before it.
    pub async fn list(
        &self,
        user: &UserClaims,
        search: Option<String>,
        before: Option<String>,
    ) -> Result<ConversationList, ApiError> {
        let search = text::one_line(&search.unwrap_or_default());
        check_length("search", &search, 0, MAX_SEARCH_CHARS)?;
        let (owner, search, now) = (Owner::of(user), Search::parse(&search), self.environment.now());
        let after = before.map(|text| text.parse::<ListPosition>()).transpose();
        let after = after.map_err(|error| invalid("before", &error.to_string()))?;
        let pinned = match (&after, search.is_empty()) {
            (None, true) => self.store.pinned(&owner, PAGE, now).await?,
            _ => vec![],
        };
        let limit = if search.is_empty() { PAGE } else { SEARCH_PAGE };
        let Listed { conversations, next } = self.store.list(&owner, &search, &ListPage { after, limit }, now).await?;
        let (next, kept_days) = (next.map(|next| next.to_string()), self.kept_days.map(NonZeroU32::get));
        Ok(ConversationList { conversations, pinned, next, kept_days })
    }

    pub async fn conversation(&self, user: &UserClaims, id: Option<String>) -> Result<Conversation, ApiError> {
        let conversation = self.find(user, id).await?;
        audit::record(Event::ConversationRead, Some(user), None);
        Ok(conversation)
    }

    /// The text of one file of a question.
    pub async fn attachment(
        &self,
        user: &UserClaims,
        id: Option<String>,
        question: Option<String>,
        position: Option<String>,
    ) -> Result<AttachmentText, ApiError> {
        let id = parse_id(id)?;
        let question = question.ok_or_else(|| invalid("question", "is missing"))?;
        let question = MessageId::try_from(question).map_err(|error| invalid("question", &error.to_string()))?;
        let position = position.and_then(|position| position.parse::<usize>().ok());
        let position = position.ok_or_else(|| invalid("position", "must be a number"))?;
        audit::set_conversation(id.as_str());
        let files = self.store.files(&Owner::of(user), &id, &question).await?;
        let file = files.into_iter().nth(position).ok_or(ApiError::NotFound).inspect_err(|_| record_not_found(user))?;
        audit::record(Event::ConversationRead, Some(user), None);
        Ok(AttachmentText { text: file.text })
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

    pub async fn pin(&self, user: &UserClaims, request: PinRequest) -> Result<Done, ApiError> {
        done_if(self.store.pin(&Owner::of(user), &request.id, request.pinned).await?)
    }

    /// An answer of it that is being written ends within a second.
    pub async fn delete(&self, user: &UserClaims, id: &ConversationId) -> Result<Done, ApiError> {
        audit::set_conversation(id.as_str());
        let done = done_if(self.store.delete(&Owner::of(user), id).await?).inspect_err(|_| record_not_found(user))?;
        audit::record(Event::ConversationDeleted, Some(user), None);
        Ok(done)
    }

    /// Goes on if the caller does not wait: half of it is no use to anybody.
    pub async fn delete_all(&self, user: &UserClaims, request: DeleteAllRequest) -> Result<DeletedAll, ApiError> {
        if !request.confirmed {
            return Err(invalid("confirmed", "must be true"));
        }
        let (store, user) = (self.store.clone(), user.clone());
        let deleting = tokio::spawn(audit::in_context(async move {
            let outcome = everything::erase(&*store, &Owner::of(&user)).await;
            let (event, reason) = match &outcome {
                Ok(deleted) => (Event::ConversationsDeleted, format!("{deleted} conversations")),
                Err(error) => (Event::ConversationsDeletionFailed, error.to_string()),
            };
            audit::record(event, Some(&user), Some(&reason));
            outcome
        }));
        match deleting.await {
            Ok(Ok(deleted)) => Ok(DeletedAll { deleted }),
            Ok(Err(error)) => Err(error.error.into()),
            Err(error) => {
                tracing::error!(%error, "conversations not deleted");
                Err(ApiError::Internal)
            }
        }
    }

    /// All conversations, and what the person has accepted, as one file. The event is recorded as its first bytes may go.
    pub async fn export_all(
        &self,
        user: &UserClaims,
        accepted: Vec<Acceptance>,
        language: Option<String>,
    ) -> Result<impl Stream<Item = Result<Vec<u8>, ExportError>> + Send + use<>, ApiError> {
        let language = export_language(language)?;
        let (owner, now) = (Owner::of(user), self.environment.now());
        let everything = Everything::of(self.store.clone(), owner, accepted, language, now).await?;
        audit::record(Event::ConversationsExported, Some(user), None);
        Ok(everything.into_pieces())
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
        let language = export_language(language)?;
        let id = parse_id(id)?;
        audit::set_conversation(id.as_str());
        let owner = Owner::of(user);
        let found = self.store.tree(&owner, &id, self.environment.now()).await?;
        let mut tree = found.ok_or(ApiError::NotFound).inspect_err(|_| record_not_found(user))?;
        add_files(&*self.store, &owner, &mut tree).await?;
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

fn export_language(language: Option<String>) -> Result<ExportLanguage, ApiError> {
    let language = match language {
        Some(language) => serde_json::from_value::<ExportLanguage>(language.into()).ok(),
        None => Some(ExportLanguage::default()),
    };
    language.ok_or_else(|| invalid("language", "must be `en` or `fr`"))
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

pub(super) fn invalid(field: &str, reason: &str) -> ApiError {
    ApiError::InvalidField { field: field.to_owned(), reason: reason.to_owned() }
}
