//! The messages, oldest first.

use dioxus::prelude::*;

use super::{
    TRANSCRIPT,
    message::{Answer, Question},
};
use crate::{
    client::{
        chat::{
            conversation::{Conversation, Phase},
            entry::Author,
        },
        ui::{
            app::Route,
            components::{Reference, RetryButton},
            language::use_catalogue,
        },
    },
    wire::error::ApiError,
};

#[component]
pub fn Transcript(conversation: Conversation) -> Element {
    let catalogue = use_catalogue();
    let words = &catalogue.chat;
    let entries = conversation.entries.read().clone();
    let last = entries.last().map(|entry| entry.key);
    let is_answering = conversation.is_answering();
    let is_empty = entries.is_empty();
    rsx! {
        div { class: "transcript", id: TRANSCRIPT, tabindex: 0, role: "region", "aria-label": words.conversation,
            onscroll: move |_| conversation.reader_scrolled(),
            match conversation.phase() {
                Phase::Opening => rsx! {
                    p { class: "quiet opening", role: "status", {words.opening} }
                },
                Phase::NotOpened(error) => rsx! { NotOpened { error, conversation } },
                Phase::Shown if is_empty => rsx! { Empty { conversation } },
                Phase::Shown => rsx! {},
            }
            // Silent while an answer grows: it is told whole sentences at a time elsewhere.
            // Questions are not edited while one is answered: hidden by style, so that none is rendered again for that.
            div { class: if is_answering { "log answering" } else { "log" }, role: "log", "aria-label": words.conversation, "aria-live": "off",
                for entry in entries {
                    match entry.author {
                        Author::You => rsx! {
                            Question { key: "{entry.key}", entry, conversation }
                        },
                        Author::Assistant => rsx! {
                            Answer { key: "{entry.key}", is_last: last == Some(entry.key), entry, conversation }
                        },
                    }
                }
            }
        }
        if !conversation.is_following() {
            button { class: "latest", r#type: "button", onclick: move |_| conversation.jump_to_end(),
                span { "aria-hidden": "true", "↓ " }
                {words.jump_to_latest}
            }
        }
    }
}

#[component]
fn Empty(conversation: Conversation) -> Element {
    let catalogue = use_catalogue();
    let words = &catalogue.chat;
    rsx! {
        div { class: "empty",
            h2 { {words.empty_title} }
            p { {words.empty_text} }
            ul { "aria-label": words.starters,
                for starter in catalogue.starters {
                    li { key: "{starter.topic}",
                        button { r#type: "button", onclick: move |_| conversation.say(starter.question),
                            strong { {starter.topic} }
                            span { {starter.question} }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn NotOpened(error: ApiError, conversation: Conversation) -> Element {
    let catalogue = use_catalogue();
    let words = catalogue.of_error(&error);
    let again = move |()| conversation.open(conversation.id());
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { "{words.title}." }
                " {words.text}"
            }
            Reference { error: error.clone() }
            if error == ApiError::NotFound {
                Link { class: "button", to: Route::Chat {}, {catalogue.sidebar.new} }
            } else {
                RetryButton { after: 0, on_retry: again }
            }
        }
    }
}
