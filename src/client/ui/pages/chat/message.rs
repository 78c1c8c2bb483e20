//! One message of the transcript.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::{
    client::{
        chat::{
            announcer::end_in_words,
            conversation::Conversation,
            entry::{Entry, Live, Progress},
        },
        ui::{
            components::{CopyButton, Markdown, Reference, RetryButton},
            language::{Catalogue, Words, use_catalogue},
        },
    },
    wire::{
        chat::{AnswerError, AnswerErrorKind, EndReason, Usage},
        error::ApiError,
    },
};

#[component]
pub fn Question(entry: Rc<Entry>, conversation: Conversation) -> Element {
    let words = &use_catalogue().chat;
    let edited = entry.clone();
    rsx! {
        article { class: "message you", "aria-label": words.you,
            h2 { class: "for-screen-readers", {words.you} }
            p { class: "text", dir: "auto", "{entry.text}" }
            div { class: "actions",
                CopyButton { label: words.copy, text: entry.text.to_string() }
                if entry.id.is_some() {
                    button { class: "quiet edit", r#type: "button", onclick: move |_| conversation.edit(&edited), {words.edit} }
                }
            }
        }
    }
}

#[component]
pub fn Answer(entry: Rc<Entry>, conversation: Conversation, is_last: bool) -> Element {
    let catalogue = use_catalogue();
    let is_running = entry.progress == Progress::Running;
    // Only the answer that is being written is rendered again when it grows.
    let Live { blocks, language, thinking } = match is_running {
        true => conversation.live.read().clone(),
        false => Live { blocks: entry.blocks.clone(), language: entry.language, thinking: entry.thinking.clone() },
    };
    let has_text = !blocks.is_empty();
    rsx! {
        article { class: "message assistant", "aria-label": catalogue.chat.assistant, "aria-busy": is_running,
            h2 { class: "for-screen-readers", {catalogue.chat.assistant} }
            if !thinking.trim().is_empty() {
                details { class: "thinking",
                    summary { {catalogue.answer.thinking} }
                    p { dir: "auto", "{thinking}" }
                }
            }
            if has_text {
                Markdown { blocks, language }
            }
            if is_running {
                Waiting { has_text }
            } else {
                End { progress: entry.progress.clone(), conversation, is_last }
                div { class: "actions",
                    if has_text {
                        CopyButton { label: catalogue.chat.copy, text: entry.text.to_string() }
                    }
                    if is_last && !is_failure(&entry.progress) {
                        button { class: "quiet", r#type: "button", onclick: move |_| conversation.retry(), {catalogue.chat.retry} }
                    }
                    if let Some(usage) = entry.usage {
                        span { class: "usage", {usage_in_words(usage, catalogue)} }
                    }
                }
            }
        }
    }
}

#[component]
fn Waiting(has_text: bool) -> Element {
    let words = &use_catalogue().answer;
    rsx! {
        span { class: "caret", "aria-hidden": "true" }
        if !has_text {
            span { class: "for-screen-readers", {words.waiting} }
        }
    }
}

/// Why the answer is not whole, and what can be done about it.
#[component]
fn End(progress: Progress, conversation: Conversation, is_last: bool) -> Element {
    let catalogue = use_catalogue();
    let failure = match &progress {
        Progress::Running => None,
        Progress::Failed(error) => Some((catalogue.of_error(error), error.retry_after())),
        Progress::Ended(_, Some(error)) => {
            Some((of_answer_error(error.kind, catalogue), error.retry_after.unwrap_or(0)))
        }
        Progress::Ended(..) => None,
    };
    let outcome = match &progress {
        Progress::Ended(reason, None) => end_in_words(*reason, catalogue),
        _ => None,
    };
    rsx! {
        if let Some((words, after)) = failure {
            div { class: "failure", role: "alert",
                p {
                    strong { "{words.title}." }
                    " {words.text}"
                }
                if let Progress::Failed(error) = &progress {
                    Reference { error: error.clone() }
                }
                if is_last && can_retry(&progress) {
                    RetryButton { after, on_retry: move |()| conversation.retry() }
                }
            }
        }
        if let Some(outcome) = outcome {
            p { class: "outcome",
                {outcome}
                if is_last && can_go_on(&progress) {
                    " "
                    button { r#type: "button", onclick: move |_| conversation.say(catalogue.chat.please_go_on), {catalogue.chat.go_on} }
                }
            }
        }
    }
}

fn is_failure(progress: &Progress) -> bool {
    matches!(progress, Progress::Failed(_) | Progress::Ended(_, Some(_)))
}

/// Whether asking the same again may end otherwise.
fn can_retry(progress: &Progress) -> bool {
    !matches!(
        progress,
        Progress::Failed(ApiError::Forbidden | ApiError::LimitReached { .. })
            | Progress::Ended(_, Some(AnswerError { kind: AnswerErrorKind::TooLong, .. }))
    )
}

fn can_go_on(progress: &Progress) -> bool {
    matches!(progress, Progress::Ended(EndReason::Length | EndReason::Interrupted | EndReason::Stopped, None))
}

fn of_answer_error(kind: AnswerErrorKind, catalogue: &Catalogue) -> Words {
    let words = &catalogue.answer;
    match kind {
        AnswerErrorKind::Auth => words.auth,
        AnswerErrorKind::Limit => words.limit,
        AnswerErrorKind::Busy => words.busy,
        AnswerErrorKind::Upstream => words.upstream,
        AnswerErrorKind::Filtered => words.filtered_error,
        AnswerErrorKind::TooLong => words.question_too_long,
        AnswerErrorKind::Network => words.network,
        AnswerErrorKind::Timeout => words.timeout,
    }
}

fn usage_in_words(usage: Usage, catalogue: &Catalogue) -> String {
    let words = &catalogue.answer;
    let tokens = (words.tokens)(usage.input_tokens, usage.output_tokens);
    let parts = [
        usage.first_token_ms.map(words.first_token),
        Some(tokens).filter(|tokens| !tokens.is_empty()),
        usage.tokens_per_second.map(|speed| (words.speed)(speed.round() as u64)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
