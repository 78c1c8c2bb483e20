//! One message of the transcript.

use std::{rc::Rc, time::Duration};

use dioxus::prelude::*;

use super::{
    files::QuestionFiles,
    message_actions::{AnswerActions, QuestionActions},
    question_text::QuestionText,
    versions::VersionSwitch,
};
use crate::{
    client::{
        chat::{
            announcer::incomplete_message,
            conversation::Conversation,
            entry::{Entry, Progress},
            received_answer::AnswerText,
        },
        language::{Catalog, Message, use_catalog},
        platform::clock,
        session::Interrupted,
        ui::components::{Icon, Markdown, RequestIdLabel, RetryButton, SignInAgain, StepUp, icon, text_span},
    },
    wire::{
        chat::{AnswerError, AnswerErrorKind, EndReason, Usage},
        error::ApiError,
    },
};

/// A wait that is shorter needs no words.
const SHORT_WAIT: Duration = Duration::from_secs(2);

/// After a reload, a wait is counted from the time that the server has stored. Where it seems to be longer than this, the
/// browser's clock is wrong.
const LONG_WAIT: Duration = Duration::from_secs(600);

#[component]
pub fn Question(
    entry: Rc<Entry>,
    /// The model has refused it, so it is not sent again with later questions.
    is_refused: bool,
    conversation: Conversation,
) -> Element {
    let messages = &use_catalog().chat;
    rsx! {
        article { class: "message you", "aria-label": messages.you,
            h2 { class: "for-screen-readers", {text_span(messages.you)} }
            if !entry.attachments.is_empty() {
                QuestionFiles { entry: entry.clone() }
            }
            QuestionText { text: entry.text.clone() }
            if is_refused {
                p { class: "outcome", {text_span(messages.question_not_sent)} }
            }
            QuestionActions { entry, conversation }
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
    // Nothing can be asked while an answer is being written in another version.
    let is_last = is_last && conversation.running_elsewhere().is_none();
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
                Waiting {
                    began_at: entry.at,
                    has_text,
                    is_thinking: !thinking.trim().is_empty(),
                    is_reconnecting: conversation.is_reconnecting(),
                }
                if !entry.versions.is_empty() {
                    div { class: "actions",
                        VersionSwitch { id: entry.id.clone(), versions: entry.versions.clone(), conversation }
                    }
                }
            } else {
                End { entry: entry.clone(), conversation, is_last }
                if let Some(left_out) = files_left_out(entry.usage, catalog) {
                    p { class: "outcome", {text_span(left_out)} }
                }
                AnswerActions { entry: entry.clone(), conversation, is_last }
            }
        }
    }
}

#[component]
fn Waiting(began_at: Option<u64>, has_text: bool, is_thinking: bool, is_reconnecting: bool) -> Element {
    let messages = &use_catalog().answer;
    rsx! {
        div { class: "waiting",
            span { class: "caret", "aria-hidden": "true" }
            if is_reconnecting {
                p { class: "outcome", role: "status", {text_span(messages.reconnecting)} }
            } else if !has_text {
                span { class: "for-screen-readers", {text_span(messages.waiting)} }
                WaitingTime { began_at, is_thinking }
            }
        }
    }
}

/// What the model does before its first word, and for how long. Screen readers say it once, without the seconds.
#[component]
fn WaitingTime(began_at: Option<u64>, is_thinking: bool) -> Element {
    let messages = &use_catalog().answer;
    let mut waited = use_signal(|| waited_before(began_at, clock::unix_time()));
    use_future(move || async move {
        let (before, shown_at) = (*waited.peek(), clock::monotonic());
        loop {
            clock::sleep(Duration::from_secs(1)).await;
            waited.set(before + clock::monotonic().saturating_sub(shown_at));
        }
    });
    let message = if is_thinking { messages.thinking_for } else { messages.reading_for };
    rsx! {
        if waited() >= SHORT_WAIT {
            span { class: "waiting-time", "aria-hidden": "true", {text_span(message(waited().as_secs()))} }
        }
    }
}

/// How long the person has waited for an answer when the page shows it.
fn waited_before(began_at: Option<u64>, now: u64) -> Duration {
    let waited = began_at.map(|began_at| Duration::from_secs(now.saturating_sub(began_at)));
    waited.filter(|waited| *waited <= LONG_WAIT).unwrap_or_default()
}

/// Shows why an answer is not complete, with a button to retry or to continue.
#[component]
fn End(entry: Rc<Entry>, conversation: Conversation, is_last: bool) -> Element {
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

/// That the model has not read the files as a whole.
fn files_left_out(usage: Option<Usage>, catalog: &Catalog) -> Option<String> {
    let (all, sent) = usage.and_then(|usage| usage.files_chars.zip(usage.files_sent_chars))?;
    (sent < all).then(|| (catalog.files.read_of)(sent as usize, all as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_goes_on_after_a_reload_unless_the_clock_is_wrong() {
        let waited = |began_at, now| waited_before(began_at, now).as_secs();
        assert_eq!(waited(Some(1_000), 1_075), 75);
        assert_eq!(waited(None, 1_075), 0, "a question that was just sent");
        assert_eq!(waited(Some(1_000), 995), 0, "a clock that is behind");
        assert_eq!(waited(Some(1_000), 4_600), 0, "a clock that is an hour ahead");
    }
}
