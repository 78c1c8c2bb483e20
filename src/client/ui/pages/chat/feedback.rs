//! Thumbs below an answer, and the reason that the person may add.

use std::rc::Rc;

use dioxus::prelude::*;

use super::failure::Failure;
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            element_ids::COMPOSER,
            entry::{Entry, Progress},
        },
        language::{FeedbackMessages, use_catalog},
        ui::components::{Dialog, Icon, icon, text_span},
    },
    wire::{
        chat::MessageId,
        error::ApiError,
        feedback::{Feedback, FeedbackReason, FeedbackValue, MAX_COMMENT_CHARS},
    },
};

/// Nothing for an answer without text, or without end.
#[component]
pub fn FeedbackButtons(entry: Rc<Entry>, conversation: Conversation) -> Element {
    let messages = &use_catalog().feedback;
    let mut is_open = use_signal(|| false);
    let mut failure = use_signal(|| None::<ApiError>);
    let is_over = matches!(entry.progress, Progress::Ended(..)) && !entry.text.is_empty();
    let given = entry.feedback.clone();
    let pressed = given.as_ref().map(|given| given.value);
    let rated = entry.id.clone().filter(|_| is_over);
    let give = use_callback(move |value| {
        let Some(answer) = rated.clone() else { return };
        // The same thumb again takes it back.
        let feedback = (pressed != Some(value)).then_some(Feedback { value, reason: None, comment: String::new() });
        conversation.tasks.start(async move {
            failure.set(conversation.give_feedback(answer, feedback).await.err());
        });
    });
    let Some(answer) = entry.id.clone().filter(|_| is_over) else { return rsx! {} };
    let thumbs =
        [(FeedbackValue::Up, Icon::ThumbUp, messages.good), (FeedbackValue::Down, Icon::ThumbDown, messages.bad)];
    rsx! {
        for (value, image, label) in thumbs {
            button {
                key: "{label}",
                class: "quiet thumb",
                r#type: "button",
                "aria-label": label,
                title: label,
                "aria-pressed": pressed == Some(value),
                onclick: move |_| give.call(value),
                {icon(image)}
            }
        }
        if pressed.is_some() {
            button { class: "quiet", r#type: "button", onclick: move |_| is_open.set(true), {text_span(messages.add_reason)} }
        }
        if let Some(error) = failure() {
            Failure { error }
        }
        if let Some(given) = given.filter(|_| is_open()) {
            ReasonDialog { answer: answer.clone(), given, conversation, is_open }
        }
    }
}

#[component]
fn ReasonDialog(answer: MessageId, given: Feedback, conversation: Conversation, is_open: Signal<bool>) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.feedback;
    let mut failure = use_signal(|| None::<ApiError>);
    let mut reason = use_signal(|| given.reason);
    let mut comment = use_signal(|| given.comment.clone());
    let value = given.value;
    let send = move |event: FormEvent| {
        event.prevent_default();
        let (answer, comment) = (answer.clone(), comment.peek().trim().to_owned());
        let feedback = Feedback { value, reason: *reason.peek(), comment };
        conversation.tasks.start(async move {
            match conversation.give_feedback(answer, Some(feedback)).await {
                Ok(()) => is_open.set(false),
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    rsx! {
        Dialog { id: "feedback", title: messages.title, focus_after: COMPOSER, on_close: move |()| is_open.set(false),
            form { class: "feedback", onsubmit: send,
                fieldset {
                    legend { {text_span(messages.reason_label)} }
                    for choice in FeedbackReason::ALL {
                        label { key: "{choice:?}", class: "switch",
                            input {
                                r#type: "radio",
                                name: "reason",
                                checked: reason() == Some(choice),
                                onchange: move |_| reason.set(Some(choice)),
                            }
                            {text_span(name_of(choice, messages))}
                        }
                    }
                }
                label { r#for: "feedback-comment", {text_span(messages.comment_label)} }
                textarea {
                    id: "feedback-comment",
                    rows: 3,
                    dir: "auto",
                    maxlength: MAX_COMMENT_CHARS as i64,
                    "aria-describedby": "feedback-hint",
                    value: comment(),
                    oninput: move |event| comment.set(event.value()),
                }
                p { id: "feedback-hint", class: "quiet", {text_span(messages.hint)} }
                Failure { error: failure() }
                div { class: "choices",
                    button { r#type: "submit", class: "primary", {text_span(catalog.chat.send)} }
                    button { r#type: "button", onclick: move |_| is_open.set(false), {text_span(catalog.chat.cancel)} }
                }
            }
        }
    }
}

fn name_of(reason: FeedbackReason, messages: &FeedbackMessages) -> &'static str {
    match reason {
        FeedbackReason::Facts => messages.facts,
        FeedbackReason::Completeness => messages.completeness,
        FeedbackReason::Relevance => messages.relevance,
        FeedbackReason::Style => messages.style,
    }
}
