//! The person's conversations, as the server lists them.

use std::time::Duration;

use dioxus::prelude::*;

use super::tasks::Tasks;
use crate::{
    api::{self, Answer, Authorized},
    client::{
        language::Language,
        platform::{clock, files, visibility},
        session::{Auth, dpop_key, use_auth},
    },
    wire::{
        chat::ConversationId,
        conversations::{ConversationSummary, DeleteRequest, ExportFormat, RenameRequest},
        error::ApiError,
    },
};

/// A search is sent when nothing was typed for this long.
const SEARCH_DELAY: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, PartialEq)]
pub struct ConversationList {
    auth: Auth,
    pub tasks: Tasks,
    found: Signal<Found>,
    search: Signal<String>,
    /// Counts the requests: only the response to the last one is shown.
    requests: CopyValue<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Loading,
    Conversations(Vec<ConversationSummary>),
    Failed,
}

impl ConversationList {
    pub fn use_list() -> Self {
        let (auth, tasks) = (use_auth(), Tasks::use_tasks());
        let list = use_hook(|| Self {
            auth,
            tasks,
            found: Signal::new(Found::Loading),
            search: Signal::new(String::new()),
            requests: CopyValue::new(0),
        });
        use_effect(move || list.refresh());
        list
    }

    pub fn found(self) -> Found {
        self.found.read().clone()
    }

    pub fn search_text(self) -> String {
        self.search.read().clone()
    }

    pub fn search(mut self, text: String) {
        self.search.set(text);
        self.request(SEARCH_DELAY);
    }

    /// Loads the list again.
    pub fn refresh(self) {
        self.request(Duration::ZERO);
    }

    /// The title of a conversation that is listed. Subscribes the caller.
    pub fn title_of(self, id: &ConversationId) -> Option<String> {
        let Found::Conversations(found) = &*self.found.read() else { return None };
        Some(found.iter().find(|summary| summary.id == *id)?.title.clone())
    }

    pub async fn rename(mut self, id: ConversationId, title: String) -> Result<(), ApiError> {
        let request = RenameRequest { id, title };
        let endpoint =
            |token| api::conversations::rename_conversation(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await?;
        // At once: a search may leave it out of the next list.
        if let Found::Conversations(found) = &mut *self.found.write()
            && let Some(summary) = found.iter_mut().find(|summary| summary.id == request.id)
        {
            summary.title = request.title;
        }
        self.refresh();
        Ok(())
    }

    pub async fn delete(self, id: ConversationId) -> Result<(), ApiError> {
        let request = DeleteRequest { id };
        let endpoint =
            |token| api::conversations::delete_conversation(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await?;
        self.refresh();
        Ok(())
    }

    /// Saves the conversation as a file.
    pub async fn export(self, id: ConversationId, format: ExportFormat, language: Language) -> Result<(), ApiError> {
        let (id, format) = (Some(id.to_string()), Some(name_of(format).to_owned()));
        let language = Some(language.tag().to_owned());
        let endpoint = |token| {
            let call = Authorized::new(token, dpop_key::sign, ());
            api::conversations::export_conversation(id.clone(), format.clone(), language.clone(), call)
        };
        let Answer(export) = self.auth.call(endpoint).await?;
        files::save(&export.file_name, &export.media_type, &export.text);
        Ok(())
    }

    fn request(mut self, wait: Duration) {
        *self.requests.write() += 1;
        let this_request = *self.requests.peek();
        self.tasks.start(async move {
            clock::sleep(wait).await;
            // A page in the background must not keep its session alive by requests.
            visibility::until_visible().await;
            if *self.requests.peek() != this_request {
                return;
            }
            let search = Some(self.search.peek().trim().to_owned()).filter(|text| !text.is_empty());
            let endpoint = |token| {
                api::conversations::list_conversations(search.clone(), Authorized::new(token, dpop_key::sign, ()))
            };
            let outcome = self.auth.call(endpoint).await;
            if *self.requests.peek() == this_request {
                self.found.set(match outcome {
                    Ok(Answer(list)) => Found::Conversations(list.conversations),
                    Err(_) => Found::Failed,
                });
            }
        });
    }
}

/// The title of a conversation, or `untitled`.
pub fn title_of(summary: &ConversationSummary, untitled: &str) -> String {
    let title = summary.title.trim();
    if title.is_empty() { untitled.to_owned() } else { title.to_owned() }
}

fn name_of(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "markdown",
        ExportFormat::Json => "json",
    }
}
