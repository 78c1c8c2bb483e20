//! Below an answer that is not complete: why, and what can be done.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::{
    client::{
        chat::{
            announcer::incomplete_message,
            conversation::Conversation,
            entry::{Entry, Progress},
        },
        language::{Catalog, Message, use_catalog},
        session::Interrupted,
        ui::components::{Icon, RequestIdLabel, RetryButton, SignInAgain, StepUp, icon, text_span},
    },
    wire::{
        chat::{AnswerError, AnswerErrorKind, EndReason},
        error::ApiError,
    },
};

/// Shows why an answer is not complete, with a button to retry or to continue.
#[component]
pub fn AnswerEnd(entry: Rc<Entry>, conversation: Conversation, is_last: bool) -> Element {
    let catalog = use_catalog();
    let progress = &entry.progress;
    let failure = match progress {
        Progress::Running | Progress::Stopping => None,
        Progress::Failed(error) => Some((catalog.error_message(error), error.retry_after())),
        Progress::Ended(_, Some(error)) => {
            Some((answer_error_message(*error, catalog), error.retry_after.unwrap_or(0)))
        }
        Progress::Ended(..) => None,
    };
    let outcome = match progress {
        Progress::Stopping => Some(catalog.answer.stopping),
        Progress::Ended(reason, None) => incomplete_message(*reason, catalog),
        _ => None,
    };
    let continues = is_last && can_continue(&entry);
    // The log has it at the end of the answer.
    let reference = entry.id.clone().filter(|_| is_for_administrator(progress));
    rsx! {
        if let Some((message, after)) = failure {
            div { class: "failure", role: "alert",
                p {
                    strong { {text_span(format!("{}.", message.title))} }
                    " "
                    {text_span(message.text)}
                }
                if let Progress::Failed(error) = progress {
                    RequestIdLabel { error: error.clone() }
                }
                if let Some(answer) = reference {
                    p { class: "reference", {text_span((catalog.failures.request_id)(answer.as_str()))} }
                }
                if is_last {
                    if let Progress::Failed(error @ ApiError::StepUpRequired { action, .. }) = progress {
                        StepUp {
                            error: error.clone(),
                            interrupted: Interrupted::Message { action: *action },
                            on_leave: move |()| conversation.send_after_sign_in(),
                        }
                    }
                }
                if is_last && (can_retry(progress) || is_other_model_asked(&entry, conversation)) {
                    RetryButton { after, on_retry: move |()| conversation.retry() }
                    if let Progress::Failed(error) = progress {
                        SignInAgain { error: error.clone() }
                    }
                }
                if continues {
                    ContinueButton { conversation }
                }
                if is_last && conversation.hides_stored_version() {
                    button { r#type: "button", onclick: move |_| conversation.show_stored_version(), {text_span(catalog.versions.show_stored)} }
                }
            }
        }
        if let Some(outcome) = outcome {
            p { class: "outcome",
                {text_span(format!("{outcome} "))}
                if continues {
                    ContinueButton { conversation }
                }
            }
        }
    }
}

#[component]
fn ContinueButton(conversation: Conversation) -> Element {
    let messages = &use_catalog().chat;
    rsx! {
        button { r#type: "button", onclick: move |_| conversation.send_text(messages.continue_prompt),
            {icon(Icon::Continue)}
            {text_span(messages.continue_answer)}
        }
    }
}

/// Whether another try may succeed.
fn can_retry(progress: &Progress) -> bool {
    !matches!(
        progress,
        Progress::Failed(
            ApiError::Forbidden
                | ApiError::RolesLeftOut
                | ApiError::LimitReached { .. }
                | ApiError::StepUpRequired { .. }
        ) | Progress::Ended(_, Some(AnswerError { kind: AnswerErrorKind::TooLong | AnswerErrorKind::Auth, .. }))
    )
}

/// Whether the model that is asked next is another one than that which has failed: it may know what to do. Subscribes the
/// caller.
fn is_other_model_asked(entry: &Entry, conversation: Conversation) -> bool {
    let failed = entry.model.as_deref().filter(|_| matches!(entry.progress, Progress::Ended(..)));
    failed.zip(conversation.model()).is_some_and(|(failed, next)| failed != next.id)
}

/// Whether the model has begun the answer and can be asked for the rest.
fn can_continue(entry: &Entry) -> bool {
    let has_rest = match entry.progress {
        Progress::Ended(reason, None) => {
            matches!(reason, EndReason::Length | EndReason::Interrupted | EndReason::Stopped)
        }
        Progress::Ended(_, Some(error)) => !matches!(error.kind, AnswerErrorKind::Auth | AnswerErrorKind::Filtered),
        _ => false,
    };
    has_rest && !entry.text.trim().is_empty()
}

fn is_for_administrator(progress: &Progress) -> bool {
    matches!(progress, Progress::Ended(_, Some(AnswerError { kind: AnswerErrorKind::Auth, .. })))
}

fn answer_error_message(error: AnswerError, catalog: &Catalog) -> Message {
    let messages = &catalog.answer;
    match error.kind {
        AnswerErrorKind::Auth if error.misconfigured => messages.misconfigured_error,
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
