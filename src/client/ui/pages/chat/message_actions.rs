//! What can be done with a message: a row of buttons below it. The style sheet shows the row where the pointer or the focus
//! is, below the last answer, and on touch screens; screen readers and the Tab key find it everywhere.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    answer_details::{AnswerDetails, ModelName, are_details_known},
    feedback::FeedbackButtons,
    message_time::MessageTime,
    versions::VersionSwitch,
};
use crate::client::{
    chat::{
        conversation::Conversation,
        entry::{Entry, Progress},
    },
    language::use_catalog,
    ui::components::{CopyButton, Icon, icon, icon_button},
};

#[component]
pub fn QuestionActions(entry: Rc<Entry>, conversation: Conversation) -> Element {
    let messages = &use_catalog().chat;
    let edited = entry.clone();
    rsx! {
        div { class: "actions",
            if let Some(at) = entry.at {
                MessageTime { at }
            }
            VersionSwitch { id: entry.id.clone(), versions: entry.versions.clone(), conversation }
            CopyButton { label: messages.copy, text: entry.text.to_string() }
            if entry.id.is_some() {
                {icon_button("quiet icon edit", Icon::Edit, messages.edit, move || conversation.edit(&edited))}
            }
        }
    }
}

/// Of an answer that is not being written any more.
#[component]
pub fn AnswerActions(entry: Rc<Entry>, conversation: Conversation, is_last: bool) -> Element {
    let catalog = use_catalog();
    let mut shows_details = use_signal(|| false);
    let details = format!("details-{}", entry.key);
    rsx! {
        div { class: "actions",
            VersionSwitch { id: entry.id.clone(), versions: entry.versions.clone(), conversation }
            if !entry.text.is_empty() {
                CopyButton { label: catalog.chat.copy, text: entry.text.to_string(), is_markdown: true }
            }
            if is_last && can_ask_again(&entry.progress) {
                {icon_button("quiet icon", Icon::Retry, catalog.chat.retry, move || conversation.retry())}
            }
            FeedbackButtons { entry: entry.clone(), conversation }
            if are_details_known(&entry) {
                button {
                    class: "quiet icon",
                    r#type: "button",
                    "aria-label": catalog.answer.details,
                    title: catalog.answer.details,
                    "aria-expanded": shows_details(),
                    "aria-controls": details.clone(),
                    onclick: move |_| shows_details.toggle(),
                    {icon(Icon::Info)}
                }
            }
            // Where there is a choice of models.
            if let Some(model) = entry.model.clone().filter(|_| conversation.model().is_some()) {
                ModelName { model, conversation }
            }
        }
        if shows_details() {
            AnswerDetails { id: details, entry, conversation }
        }
    }
}

/// Whether to offer the answer anew. For failures, `RetryButton` does.
fn can_ask_again(progress: &Progress) -> bool {
    matches!(progress, Progress::Ended(_, None))
}
