//! A conversation without messages: a greeting, and questions to start with.

use dioxus::prelude::*;

use crate::client::{
    chat::conversation::Conversation,
    language::{use_catalog, use_language},
    ui::{
        branding::use_branding,
        components::{mark, text_span},
    },
};

#[component]
pub fn Empty(
    conversation: Conversation,
    /// The person's, if the provider has sent it.
    name: Option<String>,
) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.chat;
    let language = use_language().get();
    let own = |text: &'static str| text.to_owned();
    let starters: Vec<(String, String)> = match use_branding().starters() {
        Some(starters) => starters
            .iter()
            .map(|starter| (language.of(&starter.topic).to_owned(), language.of(&starter.question).to_owned()))
            .collect(),
        None => catalog.starters.iter().map(|starter| (own(starter.topic), own(starter.question))).collect(),
    };
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    rsx! {
        div { class: "empty",
            {mark()}
            h2 {
                if let Some(name) = name {
                    span { class: "greeting",
                        {text_span(messages.hello)}
                        " "
                        span { translate: "no", {text_span(name)} }
                    }
                }
                {text_span(messages.empty_title)}
            }
            ul { "aria-label": messages.starters_label,
                for (topic, question) in starters {
                    Starter { key: "{topic}", topic, question, conversation }
                }
            }
        }
    }
}

#[component]
fn Starter(topic: String, question: String, conversation: Conversation) -> Element {
    let asked = question.clone();
    rsx! {
        li {
            button { r#type: "button", onclick: move |_| conversation.send_text(&asked),
                strong { {text_span(topic)} }
                span { {text_span(question)} }
            }
        }
    }
}
