//! The files of a question in the transcript.

use std::rc::Rc;

use dioxus::prelude::*;

use super::OpenFile;
use crate::{
    client::{
        chat::entry::Entry,
        language::use_catalog,
        ui::components::{Icon, icon, text_span},
    },
    wire::attachments::{StoredAt, chosen_chars},
};

#[component]
pub fn QuestionFiles(entry: Rc<Entry>) -> Element {
    let messages = &use_catalog().files;
    let mut open = use_context::<Signal<OpenFile>>();
    let id = entry.id.clone();
    let place = move |position: usize| {
        let position = u32::try_from(position).ok()?;
        id.clone().map(|question| StoredAt { question, position })
    };
    let files: Vec<_> = entry.attachments.iter().cloned().enumerate().map(|(at, file)| (place(at), file)).collect();
    rsx! {
        ul { class: "files", "aria-label": messages.label,
            for (index, (place, file)) in files.into_iter().enumerate() {
                li { key: "{index}", class: "file",
                    button {
                        r#type: "button",
                        class: "open",
                        // It is not stored yet.
                        disabled: place.is_none(),
                        "aria-label": (messages.open_label)(&file.name),
                        onclick: {
                            let name = file.name.clone();
                            move |_| {
                                if let Some(place) = place.clone() {
                                    open.set(OpenFile::Stored { place, name: name.clone() });
                                }
                            }
                        },
                        {icon(Icon::File)}
                        span { class: "name", translate: "no", {text_span(file.name.clone())} }
                        span { class: "size",
                            {text_span(match chosen_chars(file.chars, &file.parts) {
                                chosen if chosen < file.chars => (messages.chosen_of)(chosen, file.chars),
                                _ => (messages.chars)(file.chars),
                            })}
                        }
                    }
                }
            }
        }
    }
}
