//! The files of the message that is being written.

use std::rc::Rc;

use dioxus::prelude::*;

use super::OpenFile;
use crate::client::{
    chat::{
        attachments::{AttachedFile, Attachments, Refusal, limits},
        conversation::Conversation,
        draft::Draft,
        element_ids::COMPOSER,
    },
    language::{Catalog, use_catalog},
    platform::{dom, offered_files},
    ui::components::{Icon, icon, text_span},
};

const INPUT: &str = "files-to-attach";

/// What the browser's dialog shows first. Any other text can be chosen, too.
const ACCEPTED: &str = "text/*,.txt,.log,.trc,.trm,.lst,.out,.sql,.csv,.tsv,.json,.xml,.html,.htm,.md,.ora,.cfg,.conf,\
                        .ini,.yaml,.yml";

/// Each file with what of it will be sent. A component of its own, so that typing does not render it again.
#[component]
pub fn FileStrip(conversation: Conversation, draft: Draft) -> Element {
    let attachments = draft.attachments;
    let messages = &use_catalog().files;
    let files = attachments.shown();
    let about_chars = use_memo(move || draft.measure().about_chars);
    let history_chars = use_memo(move || conversation.history_chars());
    let shares = attachments.shares(about_chars(), history_chars());
    let chosen: usize = files.iter().map(|file| file.chosen_chars()).sum();
    let sent: usize = shares.iter().sum();
    let percent = (100 * sent).div_ceil(history_chars().max(1)).min(100);
    rsx! {
        if !files.is_empty() {
            div { class: "files", role: "group", "aria-label": messages.label,
                ul {
                    for (index, (file, share)) in files.iter().cloned().zip(shares).enumerate() {
                        Chip { key: "{index}-{file.attachment.name}", index, file, share, attachments }
                    }
                }
            }
        }
        div { role: "status", class: "files-status",
            if attachments.is_reading() {
                p { {text_span(messages.reading)} }
            }
            if sent < chosen {
                p { class: "alarm", {text_span((messages.left_out)(chosen - sent, chosen))} }
            } else if !files.is_empty() {
                p { {text_span((messages.fits)(percent))} }
            }
            if !attachments.is_kept() {
                p { {text_span(messages.not_kept)} }
            }
        }
        Refusals { attachments }
    }
}

#[component]
fn Chip(index: usize, file: Rc<AttachedFile>, share: usize, attachments: Attachments) -> Element {
    let messages = &use_catalog().files;
    let mut open = use_context::<Signal<OpenFile>>();
    let name = file.attachment.name.clone();
    let size = match share < file.chars {
        true => (messages.sent_of)(share, file.chars),
        false => (messages.chars)(file.chars),
    };
    rsx! {
        li { class: if share < file.chosen_chars() { "file cut" } else { "file" },
            button {
                r#type: "button",
                class: "open",
                "aria-label": (messages.open_label)(&name),
                onclick: move |_| open.set(OpenFile::Attached(index)),
                {icon(Icon::File)}
                span { class: "name", translate: "no", {text_span(name.clone())} }
                span { class: "size", {text_span(size)} }
            }
            button {
                r#type: "button",
                class: "quiet",
                "aria-label": (messages.choose_label)(&name),
                onclick: move |_| open.set(OpenFile::Sections(index)),
                {text_span(messages.choose)}
            }
            button {
                r#type: "button",
                class: "icon",
                "aria-label": (messages.remove_label)(&name),
                title: messages.remove,
                onclick: move |_| {
                    attachments.remove(index);
                    dom::focus(COMPOSER);
                },
                {icon(Icon::Close)}
            }
        }
    }
}

#[component]
fn Refusals(attachments: Attachments) -> Element {
    let catalog = use_catalog();
    let refusals = attachments.refusals();
    rsx! {
        if !refusals.is_empty() {
            div { class: "note refused", role: "alert",
                div {
                    for (index, refusal) in refusals.into_iter().enumerate() {
                        p { key: "{index}", {text_span(refusal_message(refusal, catalog))} }
                    }
                }
                button { r#type: "button", onclick: move |_| attachments.dismiss_refusals(), {text_span(catalog.chat.close)} }
            }
        }
    }
}

/// Opens the browser's dialog. Nothing where the operator allows no files.
#[component]
pub fn AttachButton(attachments: Attachments) -> Element {
    let messages = &use_catalog().files;
    // Only the browser has the limits.
    let mut is_on = use_signal(|| false);
    use_effect(move || is_on.set(limits().attachments.files > 0));
    rsx! {
        if is_on() {
            input {
                id: INPUT,
                r#type: "file",
                multiple: true,
                hidden: true,
                accept: ACCEPTED,
                onchange: move |_| attachments.offer(offered_files::Offer::Files(offered_files::take_chosen(INPUT))),
            }
            button {
                r#type: "button",
                class: "icon attach",
                "aria-label": messages.attach,
                title: messages.attach,
                onclick: move |_| offered_files::choose(INPUT),
                {icon(Icon::Attach)}
            }
        }
    }
}

fn refusal_message(refusal: Refusal, catalog: &Catalog) -> String {
    let messages = &catalog.files;
    match refusal {
        Refusal::NotText { name } => (messages.not_text)(&name),
        Refusal::Empty { name } => (messages.empty)(&name),
        Refusal::Unreadable { name } => (messages.unreadable)(&name),
        Refusal::TooLong { name, chars, most } => (messages.too_long)(&name, chars, most),
        Refusal::AllTooLong { name, chars, most } => (messages.all_too_long)(&name, chars, most),
        Refusal::TooMany { name, most } => (messages.too_many)(&name, most),
    }
}
