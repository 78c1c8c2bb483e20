//! The person's conversations, as the server tells them.

use std::time::Duration;

use dioxus::prelude::*;

use super::tasks::Tasks;
use crate::{
    api::{self, Answer, Authorized},
    client::{
        auth_state::{Auth, use_auth},
        browser, browser_key,
        hooks::use_effect,
        language::Language,
        screen,
    },
    wire::{
        chat::ConversationId,
        conversations::{ConversationSummary, DeleteRequest, ExportFormat, RenameRequest},
        error::ApiError,
    },
};

/// The server is asked when nothing was typed for this long.
const TYPING: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, PartialEq)]
pub struct ConversationList {
    auth: Auth,
    pub(super) tasks: Tasks,
    found: Signal<Found>,
    search: Signal<String>,
    /// Counts questions to the server: only the last one's answer is shown.
    asked: CopyValue<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    NotYet,
    Conversations(Vec<ConversationSummary>),
    Failed,
}

impl ConversationList {
    pub fn use_list() -> Self {
        let (auth, tasks) = (use_auth(), Tasks::use_tasks());
        let list = use_hook(|| Self {
            auth,
            tasks,
            found: Signal::new(Found::NotYet),
            search: Signal::new(String::new()),
            asked: CopyValue::new(0),
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
        self.ask(TYPING);
    }

    /// Asks the server again.
    pub fn refresh(self) {
        self.ask(Duration::ZERO);
    }

    pub async fn rename(self, id: ConversationId, title: String) -> Result<(), ApiError> {
        let request = RenameRequest { id, title };
        let door =
            |token| api::conversations::rename_conversation(Authorized::new(token, browser_key::sign, request.clone()));
        self.auth.call(door).await?;
        self.refresh();
        Ok(())
    }

    pub async fn delete(self, id: ConversationId) -> Result<(), ApiError> {
        let request = DeleteRequest { id };
        let door =
            |token| api::conversations::delete_conversation(Authorized::new(token, browser_key::sign, request.clone()));
        self.auth.call(door).await?;
        self.refresh();
        Ok(())
    }

    /// Hands the conversation to the person as a file.
    pub async fn export(self, id: ConversationId, format: ExportFormat, language: Language) -> Result<(), ApiError> {
        let (id, format) = (Some(id.to_string()), Some(name_of(format).to_owned()));
        let language = Some(language.tag().to_owned());
        let door = |token| {
            let call = Authorized::new(token, browser_key::sign, ());
            api::conversations::export_conversation(id.clone(), format.clone(), language.clone(), call)
        };
        let Answer(export) = self.auth.call(door).await?;
        screen::save_file(&export.file_name, &export.media_type, &export.text);
        Ok(())
    }

    fn ask(mut self, wait: Duration) {
        *self.asked.write() += 1;
        let asked = *self.asked.peek();
        self.tasks.start(async move {
            browser::sleep(wait).await;
            // A page that nobody looks at asks for nothing: it does not keep its session alive.
            browser::shown().await;
            if *self.asked.peek() != asked {
                return;
            }
            let search = Some(self.search.peek().trim().to_owned()).filter(|text| !text.is_empty());
            let door = |token| {
                api::conversations::list_conversations(search.clone(), Authorized::new(token, browser_key::sign, ()))
            };
            let outcome = self.auth.call(door).await;
            if *self.asked.peek() == asked {
                self.found.set(match outcome {
                    Ok(Answer(list)) => Found::Conversations(list.conversations),
                    Err(_) => Found::Failed,
                });
            }
        });
    }
}

fn name_of(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "markdown",
        ExportFormat::Json => "json",
    }
}
