//! The text of a file, in a dialog.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::{
    client::{
        chat::{conversation::Conversation, element_ids::COMPOSER},
        language::use_catalog,
        ui::{
            components::{Dialog, text_span},
            pages::chat::failure::Failure,
        },
    },
    wire::{attachments::Content, error::ApiError},
};

/// More is laid out only when the person wants it: a million characters take seconds.
const SHOWN_AT_ONCE: usize = 100_000;

/// The text of a file, once it is there.
pub type FileText = Option<Result<Rc<str>, ApiError>>;

#[component]
pub fn Preview(
    name: String,
    content: Content,
    conversation: Conversation,
    /// Where it can be renamed.
    on_rename: Option<EventHandler<String>>,
    on_close: EventHandler<()>,
) -> Element {
    let catalog = use_catalog();
    let text = use_file_text(content, conversation);
    let mut shown = use_signal(|| SHOWN_AT_ONCE);
    rsx! {
        Dialog { id: "file", title: name.clone(), focus_after: COMPOSER, on_close,
            if let Some(on_rename) = on_rename {
                label { class: "file-name",
                    {text_span(catalog.files.name)}
                    input {
                        r#type: "text",
                        value: name.clone(),
                        maxlength: 200,
                        onchange: move |event| on_rename.call(event.value()),
                    }
                }
            }
            match text() {
                None => rsx! { p { class: "quiet", role: "status", {text_span(catalog.files.reading)} } },
                Some(Err(error)) => rsx! { Failure { error } },
                Some(Ok(text)) => {
                    let end = text.char_indices().nth(shown()).map_or(text.len(), |(end, _)| end);
                    let rest = text[end..].chars().count();
                    rsx! {
                        pre { class: "file-text", tabindex: 0, role: "region", "aria-label": name.clone(), dir: "auto", translate: "no",
                            {text_span(&text[..end])}
                        }
                        if rest > 0 {
                            p { class: "quiet", {text_span((catalog.files.more)(rest))} }
                            button { r#type: "button", onclick: move |_| shown += SHOWN_AT_ONCE, {text_span(catalog.files.show_more)} }
                        }
                    }
                }
            }
            div { class: "choices",
                button { r#type: "button", class: "primary", onclick: move |_| on_close.call(()), {text_span(catalog.chat.close)} }
            }
        }
    }
}

/// The text that is here already, or that the server has.
pub fn use_file_text(content: Content, conversation: Conversation) -> Signal<FileText> {
    let mut text = use_signal(|| None);
    use_hook(move || match content {
        Content::Text(content) => text.set(Some(Ok(Rc::from(content)))),
        Content::Stored(place) => {
            spawn(async move {
                let loaded = conversation.file_text(&place).await;
                text.set(Some(loaded.map(Rc::from)));
            });
        }
    });
    text
}
