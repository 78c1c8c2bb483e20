//! The sections of a file, to choose those that are sent to the model.

use std::rc::Rc;

use dioxus::prelude::*;

use super::preview::use_file_text;
use crate::{
    client::{
        chat::{
            attachments::{
                AttachedFile,
                sections::{Section, chosen_of, parts_of, sections},
            },
            conversation::Conversation,
            draft::Draft,
            element_ids::COMPOSER,
        },
        language::use_catalog,
        ui::{
            components::{Dialog, text_span},
            pages::chat::failure::Failure,
        },
    },
    wire::attachments::room_for_files,
};

#[component]
pub fn Choice(
    index: usize,
    file: Rc<AttachedFile>,
    conversation: Conversation,
    draft: Draft,
    on_close: EventHandler<()>,
) -> Element {
    let catalog = use_catalog();
    let text = use_file_text(file.attachment.content.clone(), conversation);
    let title = (catalog.files.choose_label)(&file.attachment.name);
    rsx! {
        Dialog { id: "sections", title, focus_after: COMPOSER, on_close,
            match text() {
                None => rsx! { p { class: "quiet", role: "status", {text_span(catalog.files.reading)} } },
                Some(Err(error)) => rsx! { Failure { error } },
                Some(Ok(text)) => rsx! { Sections { index, file, text, conversation, draft, on_close } },
            }
        }
    }
}

#[component]
fn Sections(
    index: usize,
    file: Rc<AttachedFile>,
    text: Rc<str>,
    conversation: Conversation,
    draft: Draft,
    on_close: EventHandler<()>,
) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.files;
    let found = use_hook(move || Rc::new(sections(&text)));
    let mut chosen = use_signal({
        let found = found.clone();
        move || chosen_of(&found, &file.attachment.parts)
    });
    let length = |section: &Section| section.part.to - section.part.from;
    let total: usize =
        found.iter().zip(chosen()).filter(|(_, chosen)| *chosen).map(|(section, _)| length(section)).sum();
    let room = room_beside(draft, index, conversation.history_chars());
    let done = found.clone();
    rsx! {
        p { class: if total > room { "alarm" } else { "quiet" }, role: "status", {text_span((messages.chosen)(total, room))} }
        div { class: "choices",
            button { r#type: "button", onclick: move |_| chosen.write().fill(true), {text_span(messages.all)} }
            button { r#type: "button", onclick: move |_| chosen.write().fill(false), {text_span(messages.none)} }
        }
        ul { class: "sections",
            for (at, section) in found.iter().enumerate() {
                li { key: "{at}",
                    label { class: "switch",
                        input {
                            r#type: "checkbox",
                            checked: chosen.read()[at],
                            onchange: move |event| chosen.write()[at] = event.checked(),
                        }
                        span { class: "name", translate: "no",
                            {text_span(if section.title.is_empty() { (messages.untitled)(at + 1) } else { section.title.clone() })}
                        }
                        span { class: "size", {text_span((messages.chars)(length(section)))} }
                    }
                }
            }
        }
        div { class: "choices",
            button {
                r#type: "button",
                class: "primary",
                disabled: total == 0,
                onclick: move |_| {
                    draft.attachments.choose(index, parts_of(&done, &chosen.read()));
                    on_close.call(());
                },
                {text_span(messages.use_chosen)}
            }
            button { r#type: "button", onclick: move |_| on_close.call(()), {text_span(catalog.chat.cancel)} }
        }
    }
}

/// How many characters of this file could be sent if the others stay as they are, to a model that is sent so long a history.
fn room_beside(draft: Draft, index: usize, history_chars: usize) -> usize {
    let about_chars = draft.measure().about_chars;
    let shares = draft.attachments.shares(about_chars, history_chars);
    let files = shares.len();
    let others: usize = shares.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, share)| share).sum();
    room_for_files(history_chars, about_chars, files).saturating_sub(others)
}
