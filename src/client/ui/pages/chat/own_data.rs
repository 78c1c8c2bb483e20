//! Exports and deletes all that the person has stored.

use dioxus::prelude::*;

use super::navigation::new_conversation;
use crate::{
    api::{self, Answer, Authorized},
    client::{
        chat::{conversation::Conversation, list::ConversationList},
        language::Language,
        platform::{dom, files},
        session::{Auth, dpop_key, use_auth},
    },
    wire::{
        conversations::{DeleteAllRequest, DeletedAll},
        error::ApiError,
    },
};

/// The name of the exported file.
const FILE: &str = "oracle-ai.zip";

/// The id of the button that gets the focus when everything is deleted.
pub const CLOSE_DELETED: &str = "deleted-close";

/// Its tasks live as long as the page: a file is saved even if the dialog is closed at once.
#[derive(Clone, Copy, PartialEq)]
pub struct OwnData {
    auth: Auth,
    list: ConversationList,
    conversation: Conversation,
    state: Signal<DataState>,
}

/// How far the last request has come.
#[derive(Clone, Debug, PartialEq)]
pub enum DataState {
    Idle,
    Exporting,
    Exported,
    Deleting,
    Deleted,
    Failed(ApiError),
}

impl OwnData {
    pub fn use_data(list: ConversationList, conversation: Conversation) -> Self {
        let auth = use_auth();
        use_hook(|| Self { auth, list, conversation, state: Signal::new(DataState::Idle) })
    }

    /// Subscribes the caller.
    pub fn state(self) -> DataState {
        self.state.read().clone()
    }

    /// For a dialog that is opened. What runs goes on.
    pub fn open(mut self) {
        if !self.is_busy() {
            self.state.set(DataState::Idle);
        }
    }

    pub fn export(mut self, language: Language) {
        if self.is_busy() {
            return;
        }
        self.state.set(DataState::Exporting);
        self.list.tasks.start(async move {
            let language = Some(language.tag().to_owned());
            let endpoint = |token| {
                let call = Authorized::new(token, dpop_key::sign, ());
                api::conversations::export_all_conversations(language.clone(), call)
            };
            let file = self.auth.call(endpoint).await.and_then(|download| download.file().ok_or(ApiError::Unreachable));
            self.state.set(match file {
                Ok(file) => {
                    files::save_blob(FILE, &file);
                    DataState::Exported
                }
                Err(error) => DataState::Failed(error),
            });
        });
    }

    /// The conversation that is shown is gone with the others.
    pub fn delete_all(mut self) {
        if self.is_busy() {
            return;
        }
        self.state.set(DataState::Deleting);
        self.list.tasks.start(async move {
            let request = DeleteAllRequest { confirmed: true };
            let endpoint = |token| {
                let call = Authorized::new(token, dpop_key::sign, request.clone());
                api::conversations::delete_all_conversations(call)
            };
            let outcome = self.auth.call(endpoint).await;
            // Also where it failed: some may be deleted.
            self.list.refresh();
            match outcome {
                Ok(Answer(DeletedAll { .. })) => {
                    if self.conversation.id().is_some() {
                        new_conversation();
                    }
                    self.state.set(DataState::Deleted);
                    // The button that was pressed is gone.
                    dom::focus(CLOSE_DELETED);
                }
                Err(error) => self.state.set(DataState::Failed(error)),
            }
        });
    }

    fn is_busy(self) -> bool {
        matches!(*self.state.peek(), DataState::Exporting | DataState::Deleting)
    }
}
