//! One message of the transcript.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    answer_end::AnswerEnd,
    files::QuestionFiles,
    message_actions::{AnswerActions, QuestionActions},
    question_text::QuestionText,
    versions::VersionSwitch,
    waiting::Waiting,
};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            entry::{Entry, Progress},
            received_answer::AnswerText,
        },
        language::{Catalog, use_catalog},
        ui::components::{Markdown, text_span},
    },
    wire::chat::Usage,
};

#[component]
pub fn Question(
    entry: Rc<Entry>,
    /// The model has refused it, so it is not sent again with later questions.
    is_refused: bool,
    conversation: Conversation,
) -> Element {
    let messages = &use_catalog().chat;
    rsx! {
        article { class: "message you", "aria-label": messages.you,
            h2 { class: "for-screen-readers", {text_span(messages.you)} }
            if !entry.attachments.is_empty() {
                QuestionFiles { entry: entry.clone() }
            }
            QuestionText { text: entry.text.clone() }
            if is_refused {
                p { class: "outcome", {text_span(messages.question_not_sent)} }
            }
            QuestionActions { entry, conversation }
        }
    }
}

#[component]
pub fn Answer(entry: Rc<Entry>, conversation: Conversation, is_last: bool) -> Element {
    let catalog = use_catalog();
    let is_running = entry.progress == Progress::Running;
    // Read only for the running answer, so that others are not rendered again when it grows.
    let AnswerText { blocks, language, thinking } = match is_running {
        true => conversation.running_text(),
        false => {
            AnswerText { blocks: entry.blocks.clone(), language: entry.language, thinking: entry.thinking.clone() }
        }
    };
    let has_text = !blocks.is_empty();
    // Nothing can be asked while an answer is being written in another version.
    let is_last = is_last && conversation.running_elsewhere().is_none();
    rsx! {
        article { class: "message assistant", "aria-label": catalog.chat.assistant, "aria-busy": is_running,
            h2 { class: "for-screen-readers", {text_span(catalog.chat.assistant)} }
            if !thinking.trim().is_empty() {
                details { class: "thinking",
                    summary { {text_span(catalog.answer.thinking)} }
                    p { dir: "auto", {text_span(&*thinking)} }
                }
            }
            if has_text {
                Markdown { blocks, language }
            }
            if is_running {
                Waiting {
                    began_at: entry.at,
                    has_text,
                    is_thinking: !thinking.trim().is_empty(),
                    is_reconnecting: conversation.is_reconnecting(),
                }
                if !entry.versions.is_empty() {
                    div { class: "actions",
                        VersionSwitch { id: entry.id.clone(), versions: entry.versions.clone(), conversation }
                    }
                }
            } else {
                AnswerEnd { entry: entry.clone(), conversation, is_last }
                if let Some(left_out) = files_left_out(entry.usage, catalog) {
                    p { class: "outcome", {text_span(left_out)} }
                }
                AnswerActions { entry: entry.clone(), conversation, is_last }
            }
        }
    }
}

/// That the model has not read the files as a whole.
fn files_left_out(usage: Option<Usage>, catalog: &Catalog) -> Option<String> {
    let (all, sent) = usage.and_then(|usage| usage.files_chars.zip(usage.files_sent_chars))?;
    (sent < all).then(|| (catalog.files.read_of)(sent as usize, all as usize))
}
