//! One message of the transcript.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::{
    client::{
        chat::{
            announcer::incomplete_message,
            conversation::Conversation,
            entry::{Entry, Progress},
            received_answer::AnswerText,
        },
        language::{Catalog, Message, use_catalog},
        ui::components::{CopyButton, Markdown, RequestIdLabel, RetryButton, SignInAgain, text_span},
    },
    wire::{
        chat::{AnswerError, AnswerErrorKind, EndReason, Usage},
        error::ApiError,
    },
};

#[component]
pub fn Question(entry: Rc<Entry>, conversation: Conversation) -> Element {
    let messages = &use_catalog().chat;
    let edited = entry.clone();
    rsx! {
        article { class: "message you", "aria-label": messages.you,
            h2 { class: "for-screen-readers", {text_span(messages.you)} }
            p { class: "text", dir: "auto", {text_span(&*entry.text)} }
            div { class: "actions",
                CopyButton { label: messages.copy, text: entry.text.to_string() }
                if entry.id.is_some() {
                    button { class: "quiet edit", r#type: "button", onclick: move |_| conversation.edit(&edited), {text_span(messages.edit)} }
                }
            }
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
                Waiting { has_text, is_reconnecting: conversation.is_reconnecting() }
            } else {
                End { progress: entry.progress.clone(), conversation, is_last }
                div { class: "actions",
                    if has_text {
                        CopyButton { label: catalog.chat.copy, text: entry.text.to_string() }
                    }
                    if is_last && can_ask_again(&entry.progress) {
                        button { class: "quiet", r#type: "button", onclick: move |_| conversation.retry(), {text_span(catalog.chat.retry)} }
                    }
                    if let Some(usage) = entry.usage {
                        span { class: "usage", {text_span(usage_message(usage, catalog))} }
                    }
                }
            }
        }
    }
}

#[component]
fn Waiting(has_text: bool, is_reconnecting: bool) -> Element {
    let messages = &use_catalog().answer;
    rsx! {
        span { class: "caret", "aria-hidden": "true" }
        if is_reconnecting {
            p { class: "outcome", role: "status", {text_span(messages.reconnecting)} }
        } else if !has_text {
            span { class: "for-screen-readers", {text_span(messages.waiting)} }
        }
    }
}

/// Shows why an answer is not complete, with a button to retry or to continue.
#[component]
fn End(progress: Progress, conversation: Conversation, is_last: bool) -> Element {
    let catalog = use_catalog();
    let failure = match &progress {
        Progress::Running | Progress::Stopping => None,
        Progress::Failed(error) => Some((catalog.error_message(error), error.retry_after())),
        Progress::Ended(_, Some(error)) => {
            Some((answer_error_message(error.kind, catalog), error.retry_after.unwrap_or(0)))
        }
        Progress::Ended(..) => None,
    };
    let outcome = match &progress {
        Progress::Stopping => Some(catalog.answer.stopping),
        Progress::Ended(reason, None) => incomplete_message(*reason, catalog),
        _ => None,
    };
    rsx! {
        if let Some((message, after)) = failure {
            div { class: "failure", role: "alert",
                p {
                    strong { {text_span(format!("{}.", message.title))} }
                    " "
                    {text_span(message.text)}
                }
                if let Progress::Failed(error) = &progress {
                    RequestIdLabel { error: error.clone() }
                }
                if is_last && can_retry(&progress) {
                    RetryButton { after, on_retry: move |()| conversation.retry() }
                    if let Progress::Failed(error) = &progress {
                        SignInAgain { error: error.clone() }
                    }
                }
            }
        }
        if let Some(outcome) = outcome {
            p { class: "outcome",
                {text_span(format!("{outcome} "))}
                if is_last && can_continue(&progress) {
                    button { r#type: "button", onclick: move |_| conversation.send_text(catalog.chat.continue_prompt), {text_span(catalog.chat.continue_answer)} }
                }
            }
        }
    }
}

/// Whether to offer the answer anew. For failures, [`RetryButton`] does.
fn can_ask_again(progress: &Progress) -> bool {
    matches!(progress, Progress::Ended(_, None))
}

/// Whether another try may succeed.
fn can_retry(progress: &Progress) -> bool {
    !matches!(
        progress,
        Progress::Failed(ApiError::Forbidden | ApiError::LimitReached { .. })
            | Progress::Ended(_, Some(AnswerError { kind: AnswerErrorKind::TooLong, .. }))
    )
}

fn can_continue(progress: &Progress) -> bool {
    matches!(progress, Progress::Ended(EndReason::Length | EndReason::Interrupted | EndReason::Stopped, None))
}

fn answer_error_message(kind: AnswerErrorKind, catalog: &Catalog) -> Message {
    let messages = &catalog.answer;
    match kind {
        AnswerErrorKind::Auth => messages.auth_error,
        AnswerErrorKind::Limit => messages.limit_error,
        AnswerErrorKind::Busy => messages.busy_error,
        AnswerErrorKind::Upstream => messages.upstream_error,
        AnswerErrorKind::Filtered => messages.filtered_error,
        AnswerErrorKind::TooLong => messages.too_long_error,
        AnswerErrorKind::Network => messages.network_error,
        AnswerErrorKind::Timeout => messages.timeout_error,
    }
}

fn usage_message(usage: Usage, catalog: &Catalog) -> String {
    let messages = &catalog.answer;
    let tokens = (messages.token_counts)(usage.input_tokens, usage.output_tokens);
    let parts = [
        usage.first_token_ms.map(messages.time_to_first_token),
        Some(tokens).filter(|tokens| !tokens.is_empty()),
        usage.tokens_per_second.map(|speed| (messages.tokens_per_second)(speed.round() as u64)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
