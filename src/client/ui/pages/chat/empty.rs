//! A conversation without messages: a greeting, and questions to start with.

use dioxus::prelude::*;

use crate::client::{
    chat::conversation::Conversation,
    language::use_catalog,
    ui::components::{mark, text_span},
};

#[component]
pub fn Empty(
    conversation: Conversation,
    /// The person's, if the provider has told it.
    name: Option<String>,
) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.chat;
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
                for starter in catalog.starters {
                    li { key: "{starter.topic}",
                        button { r#type: "button", onclick: move |_| conversation.send_text(starter.question),
                            strong { {text_span(starter.topic)} }
                            span { {text_span(starter.question)} }
                        }
                    }
                }
            }
        }
    }
}
