//! Stored conversations. Only the caller's own are looked at.

use dioxus::prelude::*;

use super::{Answer, Authorized};
use crate::wire::{
    conversations::{ChooseRequest, Conversation, ConversationList, DeleteRequest, Done, Export, RenameRequest},
    error::ApiError,
};

/// Lists the latest conversations; with `search`, those that contain it.
#[get("/api/conversations?search", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn list_conversations(
    search: Option<String>,
    _call: Authorized<()>,
) -> Result<Answer<ConversationList>, ApiError> {
    Ok(Answer(services.conversations.list(&caller.user, search).await?))
}

/// Returns one conversation with its messages.
#[get("/api/conversation?id", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn conversation(id: Option<String>, _call: Authorized<()>) -> Result<Answer<Conversation>, ApiError> {
    Ok(Answer(services.conversations.conversation(&caller.user, id).await?))
}

/// Chooses a version of a message.
#[post("/api/conversation/choose", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn choose_version(call: Authorized<ChooseRequest>) -> Result<Answer<Conversation>, ApiError> {
    Ok(Answer(services.conversations.choose(&caller.user, call.into_body()).await?))
}

/// Changes the title of a conversation.
#[post("/api/conversation/rename", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn rename_conversation(call: Authorized<RenameRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.conversations.rename(&caller.user, call.into_body()).await?))
}

/// Deletes a conversation with its messages.
#[post("/api/conversation/delete", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn delete_conversation(call: Authorized<DeleteRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.conversations.delete(&caller.user, &call.into_body().id).await?))
}

/// Exports a conversation as a file; `format` is `markdown` or `json`, `language` is `en` (default) or `fr`.
#[get(
    "/api/conversation/export?id&format&language",
    caller: crate::server::http::extract::Caller,
    services: crate::server::Services
)]
pub async fn export_conversation(
    id: Option<String>,
    format: Option<String>,
    language: Option<String>,
    _call: Authorized<()>,
) -> Result<Answer<Export>, ApiError> {
    Ok(Answer(services.conversations.export(&caller.user, id, format, language).await?))
}
