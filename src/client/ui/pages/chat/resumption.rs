//! Goes on with what a step-up has interrupted.

use dioxus::prelude::*;

use super::{
    deletions::Deletions, failure::Failure, open_dialog::OpenDialog, own_data::OwnData, own_sessions::OwnSessions,
};
use crate::{
    client::{
        chat::list::ConversationList,
        language::use_language,
        session::{Interrupted, use_auth},
    },
    wire::error::ApiError,
};

/// Why that has failed, and what it was.
type Failed = Signal<Option<(ApiError, Interrupted)>>;

/// To be called in the page.
pub fn use_resumption(
    list: ConversationList,
    deletions: Deletions,
    sessions: OwnSessions,
    data: OwnData,
    mut dialog: Signal<OpenDialog>,
) -> Failed {
    let (auth, language) = (use_auth(), use_language());
    let mut failed = use_signal(|| None);
    use_effect(move || {
        let Some(interrupted) = auth.take_interrupted() else { return };
        match interrupted.clone() {
            Interrupted::Export { id, format } => list.tasks.start(async move {
                let outcome = list.export(id, format, language.peek()).await;
                failed.set(outcome.err().map(|error| (error, interrupted)));
            }),
            Interrupted::ExportAll => {
                dialog.set(OpenDialog::Privacy);
                data.export(language.peek());
            }
            Interrupted::EndOtherSessions => {
                dialog.set(OpenDialog::Sessions);
                sessions.end_others();
            }
            Interrupted::EndAllSessions => {
                dialog.set(OpenDialog::Sessions);
                sessions.end_all();
            }
            Interrupted::Delete { id } => deletions.begin_now(id),
            Interrupted::DeleteAll => {
                dialog.set(OpenDialog::DeleteAll);
                data.delete_all();
            }
            // Opening its conversation sends it.
            Interrupted::Message { .. } => {}
        }
    });
    failed
}

/// Above the composer.
#[component]
pub fn ResumptionFailure(failed: Failed) -> Element {
    let Some((error, interrupted)) = failed() else { return rsx! {} };
    rsx! { Failure { error, interrupted } }
}
