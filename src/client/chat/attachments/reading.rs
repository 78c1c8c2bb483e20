//! Reads what the person offers: files that are chosen, dropped or pasted, and long texts.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{
    Attachments, decode,
    file::{self, AttachedFile, Refusal},
    html,
};
use crate::client::platform::{
    frame,
    offered_files::{Offer, OfferedFile},
};

/// A file of more bytes for each character that is allowed is not read: HTML has many tags, but not so many.
const BYTES_PER_CHARACTER: usize = 20;

impl Attachments {
    pub fn offer(self, offer: Offer) {
        match offer {
            Offer::Files(files) => self.read(files),
            Offer::Text(text) => self.paste(&text),
            Offer::Html(html) => self.paste(&html::text_of(&html)),
        }
    }

    fn paste(self, text: &str) {
        let name = self.unused_name();
        let conversation = self.conversation.peek().clone();
        self.add(&conversation, AttachedFile::new(&name, "text/plain", text.to_owned()), vec![]);
    }

    fn read(mut self, files: Vec<OfferedFile>) {
        let conversation = self.conversation.peek().clone();
        *self.reading.write() += 1;
        self.tasks.start(async move {
            let mut refusals = vec![];
            for file in files {
                // So that the page shows what it does before a long file is read.
                frame::next_frame().await;
                match text_of(&file).await {
                    Ok(file) => refusals = self.add(&conversation, file, refusals),
                    Err(refusal) => refusals.push(refusal),
                }
            }
            *self.reading.write() -= 1;
            if *self.conversation.peek() == conversation {
                self.refusals.set(refusals);
            }
        });
    }

    /// Returns the refusals with that of this file, if it is refused.
    fn add(mut self, conversation: &str, file: AttachedFile, mut refusals: Vec<Refusal>) -> Vec<Refusal> {
        let others: Vec<usize> = self.files.peek().of(conversation).iter().map(|file| file.chars).collect();
        match file::refusal(&file, &others, file::limits().attachments) {
            None => self.change_of(conversation, |files| files.push(Rc::new(file))),
            Some(refusal) => {
                refusals.push(refusal);
                self.refusals.set(refusals.clone());
            }
        }
        refusals
    }

    fn unused_name(self) -> String {
        let files = self.files.peek().of(&self.conversation.peek());
        let is_used = |name: &String| files.iter().any(|file| file.attachment.name == *name);
        (1..).map(|number| format!("pasted-{number}.txt")).find(|name| !is_used(name)).unwrap_or_default()
    }
}

async fn text_of(offered: &OfferedFile) -> Result<AttachedFile, Refusal> {
    let name = file::name_of(&offered.name());
    let most = file::limits().attachments.file_chars;
    if offered.size() > most.saturating_mul(BYTES_PER_CHARACTER) {
        return Err(Refusal::TooLong { name, chars: offered.size(), most });
    }
    let Some(bytes) = offered.bytes().await else { return Err(Refusal::Unreadable { name }) };
    let Some(text) = decode::text_of(&bytes) else { return Err(Refusal::NotText { name }) };
    let media_type = offered.media_type();
    let text = if file::is_html(&name, &media_type, &text) { html::text_of(&text) } else { text };
    Ok(AttachedFile::new(&name, &media_type, text))
}
