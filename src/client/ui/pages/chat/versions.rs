//! The switch between versions of a message, and what becomes of the others.

use dioxus::prelude::*;

use super::failure::Failure;
use crate::{
    client::{
        chat::{conversation::Conversation, element_ids::COMPOSER},
        language::use_catalog,
        ui::components::text_span,
    },
    wire::chat::MessageId,
};

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Previous,
    Next,
}

/// `‹ 2/3 ›`, where there are versions.
#[component]
pub fn VersionSwitch(
    /// Of the message.
    id: Option<MessageId>,
    versions: Vec<MessageId>,
    conversation: Conversation,
) -> Element {
    let messages = &use_catalog().versions;
    let Some(at) = versions.iter().position(|version| Some(version) == id.as_ref()) else { return rsx! {} };
    let count = versions.len();
    rsx! {
        div { class: "versions", role: "group", "aria-label": messages.label,
            Step { direction: Direction::Previous, at, versions: versions.clone(), conversation }
            span { class: "for-screen-readers", {text_span((messages.number)(at + 1, count))} }
            span { "aria-hidden": "true", {text_span(format!("{}/{count}", at + 1))} }
            Step { direction: Direction::Next, at, versions, conversation }
        }
    }
}

#[component]
fn Step(direction: Direction, at: usize, versions: Vec<MessageId>, conversation: Conversation) -> Element {
    let messages = &use_catalog().versions;
    let (label, sign, to) = match direction {
        Direction::Previous => (messages.previous, "‹", at.checked_sub(1)),
        Direction::Next => (messages.next, "›", Some(at + 1).filter(|to| *to < versions.len())),
    };
    let id = button_id(direction, &versions[at]);
    let choose = move |_| {
        if let Some(to) = to {
            let announcement = (messages.number)(to + 1, versions.len());
            conversation.choose(versions[to].clone(), button_id(direction, &versions[to]), announcement);
        }
    };
    rsx! {
        // Not `disabled`: the button that was pressed keeps the focus at the last version.
        button { class: "quiet", r#type: "button", id, title: label, "aria-label": label, "aria-disabled": to.is_none(),
            onclick: choose,
            {text_span(sign)}
        }
    }
}

fn button_id(direction: Direction, version: &MessageId) -> String {
    let name = match direction {
        Direction::Previous => "previous",
        Direction::Next => "next",
    };
    format!("{name}-{version}")
}

/// Says that an answer is being written in a version that is not shown, and why a version could not be shown.
#[component]
pub fn VersionNotices(conversation: Conversation) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.versions;
    rsx! {
        if let Some(answer) = conversation.running_elsewhere() {
            div { class: "note", role: "status",
                p { {text_span(messages.running_elsewhere)} }
                button {
                    r#type: "button",
                    onclick: move |_| conversation.choose(answer.clone(), COMPOSER.to_owned(), catalog.answer.waiting.to_owned()),
                    {text_span(messages.show_running)}
                }
            }
        }
        Failure { error: conversation.not_chosen() }
    }
}
