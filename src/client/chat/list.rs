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
        conversations::{
            ConversationList as Listed, ConversationSummary, DeleteRequest, ExportFormat, PinRequest, RenameRequest,
        },
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
    /// How many pages of the list are shown.
    pages: CopyValue<usize>,
    /// Why the last page was not loaded.
    failure: Signal<Option<ApiError>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Loading,
    /// All pages that are shown, as one.
    Conversations(Listed),
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
            pages: CopyValue::new(1),
            failure: Signal::new(None),
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
        self.pages.set(1);
        self.request(SEARCH_DELAY);
    }

    /// Loads the list again.
    pub fn refresh(self) {
        self.request(Duration::ZERO);
    }

    /// The title of a conversation that is listed. Subscribes the caller.
    pub fn title_of(self, id: &ConversationId) -> Option<String> {
        let Found::Conversations(found) = &*self.found.read() else { return None };
        let mut all = found.conversations.iter().chain(&found.pinned);
        Some(all.find(|summary| summary.id == *id)?.title.clone())
    }

    /// How many days after its last question a conversation is deleted. Subscribes the caller.
    pub fn kept_days(self) -> Option<u32> {
        match &*self.found.read() {
            Found::Conversations(found) => found.kept_days,
            Found::Loading | Found::Failed => None,
        }
    }

    /// Why the last page was not loaded. Subscribes the caller.
    pub fn failure(self) -> Option<ApiError> {
        self.failure.read().clone()
    }

    /// Loads another page. Where it is the last one, the button that did it is gone, and `on_last` gets the page's first
    /// conversation.
    pub fn show_more(mut self, on_last: impl FnOnce(ConversationId) + 'static) {
        let next = match &*self.found.peek() {
            Found::Conversations(found) => found.next.clone(),
            Found::Loading | Found::Failed => None,
        };
        let Some(next) = next else { return };
        *self.requests.write() += 1;
        let this_request = *self.requests.peek();
        self.tasks.start(async move {
            let outcome = self.page(Some(next)).await;
            if *self.requests.peek() != this_request {
                return;
            }
            self.failure.set(outcome.as_ref().err().cloned());
            let Ok(page) = outcome else { return };
            let (first, is_last) = (page.conversations.first().map(|first| first.id.clone()), page.next.is_none());
            *self.pages.write() += 1;
            if let Found::Conversations(found) = &mut *self.found.write() {
                append(found, page);
            }
            if let Some(first) = first.filter(|_| is_last) {
                on_last(first);
            }
        });
    }

    pub async fn rename(mut self, id: ConversationId, title: String) -> Result<(), ApiError> {
        let request = RenameRequest { id, title };
        let endpoint =
            |token| api::conversations::rename_conversation(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await?;
        // At once: a search may leave it out of the next list.
        if let Found::Conversations(found) = &mut *self.found.write() {
            for summary in found.conversations.iter_mut().chain(&mut found.pinned) {
                if summary.id == request.id {
                    summary.title.clone_from(&request.title);
                }
            }
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

    /// Returns when the list shows it.
    pub async fn pin(mut self, id: ConversationId, pinned: bool) -> Result<(), ApiError> {
        let request = PinRequest { id, pinned };
        let endpoint =
            |token| api::conversations::pin_conversation(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await?;
        *self.requests.write() += 1;
        let this_request = *self.requests.peek();
        self.load(this_request).await;
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
            if *self.requests.peek() == this_request {
                self.load(this_request).await;
            }
        });
    }

    /// Loads all pages that are shown.
    async fn load(mut self, this_request: u64) {
        let outcome = self.shown_pages().await;
        if *self.requests.peek() == this_request {
            self.failure.set(None);
            self.found.set(outcome.map_or(Found::Failed, Found::Conversations));
        }
    }

    async fn shown_pages(self) -> Result<Listed, ApiError> {
        let mut found = self.page(None).await?;
        for _ in 1..*self.pages.peek() {
            let Some(next) = found.next.take() else { break };
            append(&mut found, self.page(Some(next)).await?);
        }
        Ok(found)
    }

    async fn page(self, before: Option<String>) -> Result<Listed, ApiError> {
        let search = Some(self.search.peek().trim().to_owned()).filter(|text| !text.is_empty());
        let endpoint = |token| {
            let call = Authorized::new(token, dpop_key::sign, ());
            api::conversations::list_conversations(search.clone(), before.clone(), call)
        };
        let Answer(page) = self.auth.call(endpoint).await?;
        Ok(page)
    }
}

/// A conversation that got a question meanwhile may be on both pages.
fn append(found: &mut Listed, page: Listed) {
    found.next = page.next;
    for summary in page.conversations {
        if found.conversations.iter().all(|listed| listed.id != summary.id) {
            found.conversations.push(summary);
        }
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
