//! The message that waits until the running answer has ended, above the composer.

use dioxus::prelude::*;

use crate::client::{
    chat::{conversation::Conversation, draft::Draft},
    language::use_catalog,
    ui::components::{Icon, icon, text_span},
};

#[component]
pub fn QueuedMessage(conversation: Conversation, draft: Draft) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.queue;
    let queued = draft.queued();
    let files = draft.attachments.queued();
    let is_answering = conversation.is_answering();
    rsx! {
        // Always present: screen readers announce only changes of an element.
        p { class: "for-screen-readers", role: "status",
            if queued.is_some() {
                {text_span(if is_answering { messages.waits } else { messages.was_not_sent })}
            }
        }
        if let Some(text) = queued {
            div { class: "note queued", role: "group", "aria-label": messages.label,
                p { class: "quiet", "aria-hidden": "true", {text_span(if is_answering { messages.waits } else { messages.was_not_sent })} }
                p { class: "text", dir: "auto", {text_span(&*text)} }
                for (index, file) in files.into_iter().enumerate() {
                    p { key: "{index}", class: "quiet file-name", translate: "no",
                        {icon(Icon::File)}
                        {text_span(file.attachment.name.clone())}
                    }
                }
                if !is_answering {
                    button { class: "primary", r#type: "button", onclick: move |_| conversation.send_queued(), {text_span(messages.send_now)} }
                }
                button { r#type: "button", onclick: move |_| conversation.edit_queued(), {text_span(messages.edit)} }
                button { r#type: "button", onclick: move |_| conversation.remove_queued(catalog), {text_span(messages.remove)} }
            }
        }
    }
}
