//! One message of the transcript.

use dioxus::prelude::*;

use crate::{
    client::language::{Catalogue, use_catalogue},
    wire::error::ApiError,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub author: Author,
    pub text: String,
    pub progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    You,
    Assistant,
}

/// How far a message has come. Whatever happened, the text that was there stays.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    Streaming,
    Complete,
    Stopped,
    Failed(ApiError),
}

impl Author {
    fn name(self, catalogue: &Catalogue) -> &'static str {
        match self {
            Self::You => catalogue.chat.you,
            Self::Assistant => catalogue.chat.assistant,
        }
    }
}

#[component]
pub fn Message(
    entry: Entry,
    /// Sends the question of this answer again; only the last answer has one.
    on_retry: Option<EventHandler<()>>,
) -> Element {
    let catalogue = use_catalogue();
    let author = entry.author.name(catalogue);
    let class = match entry.author {
        Author::You => "message you",
        Author::Assistant => "message assistant",
    };
    rsx! {
        article { class, "aria-label": author,
            if !entry.text.is_empty() {
                p { class: "text", dir: "auto", "{entry.text}" }
            }
            match entry.progress {
                Progress::Complete => rsx! {},
                Progress::Streaming => rsx! { span { class: "caret", "aria-hidden": "true" } },
                Progress::Stopped => rsx! { p { class: "outcome", {catalogue.answer.stopped} } },
                Progress::Failed(error) => rsx! { Failure { error, on_retry } },
            }
        }
    }
}

#[component]
fn Failure(error: ApiError, on_retry: Option<EventHandler<()>>) -> Element {
    let catalogue = use_catalogue();
    let words = catalogue.of_error(&error);
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { "{words.title}." }
                " {words.text}"
            }
            if let Some(on_retry) = on_retry {
                button { onclick: move |_| on_retry.call(()), {catalogue.chat.retry} }
            }
        }
    }
}
