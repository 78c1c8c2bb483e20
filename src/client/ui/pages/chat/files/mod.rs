//! Files of messages.
//!
//! | file | |
//! |---|---|
//! | `strip` | those of the message that is being written, above the text field, and the button that adds one |
//! | `question_files` | those of a question in the transcript |
//! | `dialogs`, `preview`, `choice` | the dialogs: a file's text, the sections that are sent |

mod choice;
mod dialogs;
mod preview;
mod question_files;
mod strip;

use dioxus::prelude::*;
use futures_util::StreamExt;

pub use self::{
    dialogs::{FileDialogs, OpenFile},
    question_files::QuestionFiles,
    strip::{AttachButton, FileStrip},
};
use crate::client::{
    chat::{
        attachments::{Attachments, LONG_PASTE, limits},
        element_ids::COMPOSER,
    },
    platform::offered_files,
};

/// Attaches what is dropped on the page, and long texts and files that are pasted into the text field.
pub fn use_offered_files(attachments: Attachments) {
    use_future(move || async move {
        if limits().attachments.files == 0 {
            return;
        }
        let (_listeners, mut offers) = offered_files::offers(COMPOSER, LONG_PASTE);
        while let Some(offer) = offers.next().await {
            attachments.offer(offer);
        }
    });
}
