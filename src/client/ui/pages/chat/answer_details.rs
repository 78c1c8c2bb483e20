//! When and by which model an answer was written, and what it took.

use std::rc::Rc;

use dioxus::prelude::*;

use super::message_time::MessageTime;
use crate::{
    client::{
        chat::{conversation::Conversation, entry::Entry},
        language::{Catalog, use_catalog, use_language},
        platform::dom,
        ui::components::text_span,
    },
    wire::chat::Usage,
};

#[component]
pub fn AnswerDetails(id: String, entry: Rc<Entry>, conversation: Conversation) -> Element {
    let catalog = use_catalog();
    rsx! {
        p {
            class: "details",
            id: id.clone(),
            // Below the last answer there may be no room in sight.
            onmounted: move |_| dom::scroll_into_view(&id),
            if let Some(at) = entry.at {
                MessageTime { at }
            }
            // Where there is a choice of models, it stands beside the buttons.
            if let Some(model) = entry.model.clone().filter(|_| conversation.model().is_none()) {
                ModelName { model, conversation }
            }
            if let Some(usage) = entry.usage {
                span { {text_span(usage_message(usage, catalog))} }
            }
        }
    }
}

#[component]
pub fn ModelName(model: Rc<str>, conversation: Conversation) -> Element {
    let language = use_language().get();
    let name = conversation.name_of_model(&model, language);
    rsx! {
        span { class: "model", translate: "no", {text_span((language.catalog().chat.model_label)(&name))} }
    }
}

/// Whether something was written, and anything is known of it.
pub fn are_details_known(entry: &Entry) -> bool {
    !entry.text.is_empty() && (entry.at.is_some() || entry.usage.is_some())
}

fn usage_message(usage: Usage, catalog: &Catalog) -> String {
    let messages = &catalog.answer;
    let count = |tokens: u64| tokens as usize;
    let tokens = (messages.token_counts)(usage.input_tokens.map(count), usage.output_tokens.map(count));
    let parts = [
        usage.first_token_ms.map(messages.time_to_first_token),
        Some(tokens).filter(|tokens| !tokens.is_empty()),
        usage.tokens_per_second.map(|speed| (messages.tokens_per_second)(speed.round() as u64)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
