//! Attached files in memory, by conversation, and in this tab's storage, encrypted as drafts are.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{ByConversation, file::AttachedFile};
use crate::{
    client::chat::draft_storage::{DraftStorage, FILES},
    wire::{
        attachments::{Attachment, Content},
        auth::DraftKey,
    },
};

/// Browsers store some five million characters for a page; encrypted in base64, this many bytes take four.
const MOST_BYTES: usize = 3_000_000;

#[derive(Debug, Default)]
pub struct Files {
    attached: ByConversation,
    /// What was attached before a question was edited.
    set_aside: ByConversation,
    /// Those of the message that waits for the end of the running answer.
    queued: ByConversation,
}

#[derive(Clone)]
pub struct KeptFiles(DraftStorage);

#[derive(Serialize)]
struct Written<'a> {
    attached: Vec<(&'a str, Vec<&'a AttachedFile>)>,
    set_aside: Vec<(&'a str, Vec<&'a AttachedFile>)>,
    queued: Vec<(&'a str, Vec<&'a AttachedFile>)>,
    sending: &'a [Attachment],
}

#[derive(Default, Deserialize)]
struct Stored {
    attached: Vec<(String, Vec<AttachedFile>)>,
    set_aside: Vec<(String, Vec<AttachedFile>)>,
    #[serde(default)]
    queued: Vec<(String, Vec<AttachedFile>)>,
    sending: Vec<Attachment>,
}

impl Files {
    pub fn of(&self, conversation: &str) -> Vec<Rc<AttachedFile>> {
        self.attached.get(conversation).cloned().unwrap_or_default()
    }

    pub fn change(&mut self, conversation: &str, change: impl FnOnce(&mut Vec<Rc<AttachedFile>>)) {
        let mut files = self.of(conversation);
        change(&mut files);
        self.set(conversation, files);
    }

    pub fn edit(&mut self, conversation: &str, question: Vec<AttachedFile>) {
        let files = self.of(conversation);
        if !files.is_empty() {
            self.set_aside.entry(conversation.to_owned()).or_insert(files);
        }
        self.set(conversation, shared(question));
    }

    pub fn restore(&mut self, conversation: &str) {
        let files = self.set_aside.remove(conversation).unwrap_or_default();
        self.set(conversation, files);
    }

    /// Those that are attached wait with the message.
    pub fn queue(&mut self, conversation: &str) {
        match self.attached.remove(conversation) {
            Some(files) => self.queued.insert(conversation.to_owned(), files),
            None => self.queued.remove(conversation),
        };
    }

    pub fn queued(&self, conversation: &str) -> Vec<Rc<AttachedFile>> {
        self.queued.get(conversation).cloned().unwrap_or_default()
    }

    pub fn take_queued(&mut self, conversation: &str) -> Vec<Rc<AttachedFile>> {
        self.queued.remove(conversation).unwrap_or_default()
    }

    /// The conversations in which files wait.
    pub fn with_queued(&self) -> Vec<String> {
        self.queued.keys().cloned().collect()
    }

    /// Attaches those that waited, before those that were attached since.
    pub fn unqueue(&mut self, conversation: &str) {
        let queued = self.take_queued(conversation);
        self.change(conversation, |files| files.splice(0..0, queued).for_each(drop));
    }

    /// Attaches files that were about to be sent.
    pub fn attach(&mut self, conversation: &str, files: Vec<Attachment>) {
        let files = files.into_iter().filter_map(|attachment| {
            let Content::Text(text) = &attachment.content else { return None };
            Some(AttachedFile { chars: text.chars().count(), attachment })
        });
        let again = shared(files.collect());
        self.change(conversation, |files| files.splice(0..0, again).for_each(drop));
    }

    /// With what was attached before the storage was read.
    pub fn with(mut self, since: Self) -> Self {
        self.attached.extend(since.attached);
        self.set_aside.extend(since.set_aside);
        self.queued.extend(since.queued);
        self
    }

    fn set(&mut self, conversation: &str, files: Vec<Rc<AttachedFile>>) {
        match files.is_empty() {
            true => self.attached.remove(conversation),
            false => self.attached.insert(conversation.to_owned(), files),
        };
    }
}

impl KeptFiles {
    pub async fn open(key: &DraftKey) -> Option<Self> {
        DraftStorage::open(FILES, key).await.map(Self)
    }

    /// The files, and those that were being sent.
    pub async fn read(&self) -> (Files, Vec<Attachment>) {
        let stored =
            self.0.read().await.and_then(|json| serde_json::from_str::<Stored>(&json).ok()).unwrap_or_default();
        let read = |files: Vec<(String, Vec<AttachedFile>)>| {
            files.into_iter().map(|(id, files)| (id, shared(files))).collect()
        };
        let Stored { attached, set_aside, queued, sending } = stored;
        (Files { attached: read(attached), set_aside: read(set_aside), queued: read(queued) }, sending)
    }

    /// Returns whether they are short enough to be stored. If not, none are.
    pub fn write(&self, files: &Files, sending: &[Attachment], may_write: impl Fn() -> bool + 'static) -> bool {
        let Files { attached, set_aside, queued } = files;
        let is_empty = attached.is_empty() && set_aside.is_empty() && queued.is_empty() && sending.is_empty();
        let written =
            Written { attached: borrowed(attached), set_aside: borrowed(set_aside), queued: borrowed(queued), sending };
        let json = if is_empty { None } else { serde_json::to_string(&written).ok() };
        let kept = json.filter(|json| json.len() <= MOST_BYTES);
        let is_kept = is_empty || kept.is_some();
        self.0.write(kept, may_write);
        is_kept
    }
}

fn shared(files: Vec<AttachedFile>) -> Vec<Rc<AttachedFile>> {
    files.into_iter().map(Rc::new).collect()
}

fn borrowed(files: &ByConversation) -> Vec<(&str, Vec<&AttachedFile>)> {
    files.iter().map(|(id, files)| (id.as_str(), files.iter().map(Rc::as_ref).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> AttachedFile {
        AttachedFile::new(name, "", "x".into())
    }

    fn names(files: &Files) -> Vec<String> {
        files.of("c").iter().map(|file| file.attachment.name.clone()).collect()
    }

    #[test]
    fn what_was_attached_is_there_again_after_an_edit() {
        let mut files = Files::default();
        files.change("c", |files| files.push(Rc::new(file("draft"))));
        files.edit("c", vec![file("of the question")]);
        files.edit("c", vec![]);
        assert_eq!(names(&files), [""; 0]);
        files.restore("c");
        assert_eq!(names(&files), ["draft"]);
        files.restore("c");
        assert_eq!(names(&files), [""; 0]);
    }

    #[test]
    fn files_wait_with_their_message_and_come_back_before_those_attached_since() {
        let mut files = Files::default();
        let attach = |files: &mut Files, name| files.change("c", |files| files.push(Rc::new(file(name))));
        attach(&mut files, "first");
        files.queue("c");
        assert_eq!((names(&files), files.queued("c").len()), (vec![], 1));
        attach(&mut files, "since");
        files.unqueue("c");
        assert_eq!((names(&files), files.queued("c").len()), (vec!["first".into(), "since".into()], 0));
        files.queue("c");
        assert_eq!((files.take_queued("c").len(), files.take_queued("c").len()), (2, 0));
    }

    #[test]
    fn files_that_were_not_delivered_come_before_those_attached_since() {
        let mut files = Files::default();
        files.change("c", |files| files.push(Rc::new(file("since"))));
        files.attach("c", vec![file("first").attachment]);
        assert_eq!(names(&files), ["first", "since"]);
    }
}
