//! The messages, oldest first.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    empty::Empty,
    message::{Answer, Question},
    rendered_groups::{MESSAGES_PER_GROUP, use_rendered_groups},
};
use crate::{
    client::{
        chat::{
            conversation::{Conversation, Phase},
            element_ids::TRANSCRIPT,
            entry::{Author, Entry, Progress},
        },
        language::{Catalog, use_catalog},
        ui::{
            components::{Icon, RequestIdLabel, RetryButton, SignInAgain, icon, text_span},
            route::Route,
        },
    },
    wire::{chat::MessageId, error::ApiError},
};

#[component]
pub fn Transcript(
    conversation: Conversation,
    /// The person's, if the provider has sent it.
    name: Option<String>,
) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.chat;
    let entries = conversation.entries();
    let is_answering = conversation.is_answering();
    let is_empty = entries.is_empty();
    let line = line(&entries, catalog);
    let groups = entries.chunks(MESSAGES_PER_GROUP);
    let last_group = groups.len().saturating_sub(1);
    let not_rendered = groups.len().saturating_sub(use_rendered_groups(conversation));
    rsx! {
        div { class: "transcript", id: TRANSCRIPT, tabindex: 0, role: "region", "aria-label": messages.transcript_label,
            onscroll: move |_| conversation.following.reader_scrolled(),
            // What is below it, as the text field or files, takes more room or less.
            onresize: move |_| conversation.following.scroll_if_on(),
            match conversation.phase() {
                Phase::Opening => rsx! {
                    p { class: "quiet opening", role: "status", {text_span(messages.loading_conversation)} }
                },
                Phase::NotOpened(error) => rsx! { NotOpened { error, conversation } },
                Phase::Shown if is_empty => rsx! { Empty { conversation, name } },
                Phase::Shown => rsx! {},
            }
            // `aria-live` is off because the live region announces the answer, in whole sentences. While an answer is
            // running, the style sheet hides the edit buttons, so that no question is rendered again.
            div { class: if is_answering { "log answering" } else { "log" }, role: "log", "aria-label": messages.transcript_label, "aria-live": "off",
                for (number, group) in groups.enumerate().skip(not_rendered) {
                    Group {
                        key: "{number}",
                        entries: group.to_vec(),
                        is_last: number == last_group,
                        line: line.clone().filter(|line| group.iter().any(|entry| entry.id.as_ref() == Some(&line.above))),
                        conversation,
                    }
                }
            }
        }
        if !conversation.following.is_on() {
            button { class: "latest", r#type: "button", onclick: move |_| conversation.following.jump_to_end(),
                {icon(Icon::ArrowDown)}
                {text_span(messages.jump_to_latest)}
            }
        }
    }
}

/// A line above a message.
#[derive(Clone, PartialEq)]
struct Line {
    above: MessageId,
    text: &'static str,
}

/// The line above the oldest message that was sent to the model, if older ones were left out.
fn line(entries: &[Rc<Entry>], catalog: &Catalog) -> Option<Line> {
    let answers = entries.iter().rev().filter(|entry| entry.author == Author::Assistant && !entry.is_refusal());
    // Of an answer that has just begun it is not known.
    let latest = answers.take(2).find(|entry| entry.sent_from.is_some() || entry.progress != Progress::Running)?;
    let above = latest.sent_from.clone()?;
    let position = entries.iter().position(|entry| entry.id.as_ref() == Some(&above))?;
    let messages = &catalog.chat;
    let text = match entries[position].author {
        Author::You => messages.earlier_not_sent,
        Author::Assistant if position < 2 => messages.beginning_not_sent,
        Author::Assistant => messages.earlier_and_beginning_not_sent,
    };
    Some(Line { above, text })
}

/// Some messages in a row. Few groups change with a message, and the others are compared as a whole: in a long
/// conversation, comparing message by message takes longer than rendering one group.
#[component]
fn Group(entries: Vec<Rc<Entry>>, is_last: bool, line: Option<Line>, conversation: Conversation) -> Element {
    let last = entries.last().map(|entry| entry.key).filter(|_| is_last);
    // Questions and answers take turns, and a group has both of each pair.
    let refusals: Vec<_> = entries.iter().skip(1).map(|next| next.is_refusal()).chain([false]).collect();
    let line_above = |entry: &Entry| line.as_ref().filter(|line| entry.id.as_ref() == Some(&line.above));
    rsx! {
        for (entry, is_refused) in entries.iter().cloned().zip(refusals) {
            Fragment { key: "{entry.key}",
                if let Some(line) = line_above(&entry) {
                    p { class: "history-line", {text_span(line.text)} }
                }
                match entry.author {
                    Author::You => rsx! {
                        Question { entry, is_refused, conversation }
                    },
                    Author::Assistant => rsx! {
                        Answer { is_last: last == Some(entry.key), entry, conversation }
                    },
                }
            }
        }
    }
}

#[component]
fn NotOpened(error: ApiError, conversation: Conversation) -> Element {
    let catalog = use_catalog();
    let message = catalog.error_message(&error);
    let retry = move |()| conversation.open(conversation.id());
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { {text_span(format!("{}.", message.title))} }
                " "
                {text_span(message.text)}
            }
            RequestIdLabel { error: error.clone() }
            if error == ApiError::NotFound {
                Link { class: "button", to: Route::Chat {}, {text_span(catalog.sidebar.new_conversation)} }
            } else {
                RetryButton { after: 0, on_retry: retry }
                SignInAgain { error }
            }
        }
    }
}
