//! Stored conversations. Only the caller's own are looked at.

use dioxus::prelude::*;

use super::{Answer, Authorized, Download};
use crate::wire::{
    attachments::AttachmentText,
    conversations::{
        ChooseRequest, Conversation, ConversationList, DeleteAllRequest, DeleteRequest, DeletedAll, Done, Export,
        PinRequest, RenameRequest,
    },
    error::ApiError,
};

/// Lists the latest conversations; with `search`, those that have its words; with `before`, the page after that place.
#[get(
    "/api/conversations?search&before",
    caller: crate::server::http::extract::Caller,
    services: crate::server::Services
)]
pub async fn list_conversations(
    search: Option<String>,
    before: Option<String>,
    _call: Authorized<()>,
) -> Result<Answer<ConversationList>, ApiError> {
    Ok(Answer(services.conversations.list(&caller.user, search, before).await?))
}

/// Deletes all conversations.
#[post("/api/conversations/delete", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn delete_all_conversations(call: Authorized<DeleteAllRequest>) -> Result<Answer<DeletedAll>, ApiError> {
    caller.check_step_up(crate::wire::step_up::GuardedAction::Delete)?;
    Ok(Answer(services.conversations.delete_all(&caller.user, call.into_body()).await?))
}

/// Exports all conversations, and the notices that were accepted, as a ZIP file; `language` is `en` (default) or `fr`.
#[get(
    "/api/conversations/export?language",
    caller: crate::server::http::extract::Caller,
    services: crate::server::Services
)]
pub async fn export_all_conversations(language: Option<String>, _call: Authorized<()>) -> Result<Download, ApiError> {
    caller.check_may_export()?;
    caller.check_step_up(crate::wire::step_up::GuardedAction::Export)?;
    let open = caller.open_stream()?;
    let accepted = services.notices.accepted_by(&caller.user).await?;
    let pieces = services.conversations.export_all(&caller.user, accepted, language).await?;
    Ok(Download::of("application/zip", open.holding(pieces)))
}

/// Returns one conversation with its messages.
#[get("/api/conversation?id", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn conversation(id: Option<String>, _call: Authorized<()>) -> Result<Answer<Conversation>, ApiError> {
    Ok(Answer(services.conversations.conversation(&caller.user, id).await?))
}

/// Returns the text of one file of a question.
#[get(
    "/api/conversation/attachment?id&question&position",
    caller: crate::server::http::extract::Caller,
    services: crate::server::Services
)]
pub async fn attachment(
    id: Option<String>,
    question: Option<String>,
    position: Option<String>,
    _call: Authorized<()>,
) -> Result<Answer<AttachmentText>, ApiError> {
    Ok(Answer(services.conversations.attachment(&caller.user, id, question, position).await?))
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

/// Lists a conversation above all others, or no longer.
#[post("/api/conversation/pin", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn pin_conversation(call: Authorized<PinRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.conversations.pin(&caller.user, call.into_body()).await?))
}

/// Deletes a conversation with its messages.
#[post("/api/conversation/delete", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn delete_conversation(call: Authorized<DeleteRequest>) -> Result<Answer<Done>, ApiError> {
    caller.check_step_up(crate::wire::step_up::GuardedAction::Delete)?;
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
    caller.check_may_export()?;
    caller.check_step_up(crate::wire::step_up::GuardedAction::Export)?;
    Ok(Answer(services.conversations.export(&caller.user, id, format, language).await?))
}
