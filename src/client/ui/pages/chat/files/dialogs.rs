//! Which dialog of a file is open.

use dioxus::prelude::*;

use super::{choice::Choice, preview::Preview};
use crate::{
    client::chat::{conversation::Conversation, draft::Draft},
    wire::attachments::{Content, StoredAt},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub enum OpenFile {
    #[default]
    None,
    /// One of the message that is being written.
    Attached(usize),
    /// The sections of one of these.
    Sections(usize),
    /// One of a question.
    Stored { place: StoredAt, name: String },
}

#[component]
pub fn FileDialogs(conversation: Conversation, draft: Draft) -> Element {
    let mut open = use_context::<Signal<OpenFile>>();
    let on_close = move |()| open.set(OpenFile::None);
    let attached = |index: usize| draft.attachments.shown().get(index).cloned();
    match open() {
        OpenFile::None => rsx! {},
        OpenFile::Attached(index) => match attached(index) {
            Some(file) => {
                let (name, content) = (file.attachment.name.clone(), file.attachment.content.clone());
                let on_rename = move |name: String| draft.attachments.rename(index, &name);
                rsx! { Preview { name, content, conversation, on_rename: Some(EventHandler::new(on_rename)), on_close } }
            }
            None => rsx! {},
        },
        OpenFile::Sections(index) => match attached(index) {
            Some(file) => rsx! { Choice { index, file, conversation, draft, on_close } },
            None => rsx! {},
        },
        OpenFile::Stored { place, name } => {
            let content = Content::Stored(place);
            rsx! { Preview { name, content, conversation, on_rename: None, on_close } }
        }
    }
}
