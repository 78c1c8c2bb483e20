//! Drafts as they are stored in this tab.

use std::{collections::BTreeMap, mem};

use serde::{Deserialize, Serialize};

use crate::wire::chat::ChatRequest;

/// As it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drafts {
    /// By conversation.
    pub typed: BTreeMap<String, String>,
    /// What was typed before a question was edited, by conversation.
    pub set_aside: BTreeMap<String, String>,
    /// What is sent once the running answer has ended, by conversation.
    #[serde(default)]
    pub queued: BTreeMap<String, String>,
    /// The names of the files that these have. They are stored apart.
    #[serde(default)]
    pub queued_files: BTreeMap<String, Vec<String>>,
    pub sending: Option<Sending>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// Without its files, which are stored apart.
    pub request: ChatRequest,
    /// How many it has.
    #[serde(default)]
    pub files: usize,
    /// The person has been shown that it was not delivered: it is not sent again automatically.
    pub failed: bool,
}

impl Drafts {
    /// The conversation of the message that failed before the page was left.
    pub fn failed_conversation(&self) -> Option<&str> {
        let sending = self.sending.as_ref().filter(|sending| sending.failed)?;
        Some(sending.request.conversation.as_str())
    }

    /// A message whose files could not be kept is not sent without them: it becomes a draft again.
    pub fn without_lost_files(mut self, sending: usize, queued: impl Fn(&str) -> Vec<String>) -> Self {
        if let Some(request) = &mut self.sending {
            request.failed |= request.files != sending;
        }
        for (conversation, files) in mem::take(&mut self.queued_files) {
            if queued(&conversation) == files {
                self.queued_files.insert(conversation, files);
            } else if let Some(text) = self.queued.remove(&conversation) {
                let typed = self.typed.entry(conversation).or_default();
                *typed = before(&text, typed);
            }
        }
        self
    }

    pub fn queue(&mut self, conversation: String, text: String, files: Vec<String>) {
        if !files.is_empty() {
            self.queued_files.insert(conversation.clone(), files);
        }
        self.queued.insert(conversation, text);
    }

    pub fn take_queued(&mut self, conversation: &str) -> Option<String> {
        self.queued_files.remove(conversation);
        self.queued.remove(conversation)
    }

    /// In bytes.
    pub fn size(&self) -> usize {
        let texts = [&self.typed, &self.set_aside, &self.queued];
        texts.into_iter().flat_map(BTreeMap::values).map(String::len).sum()
    }

    /// A message that failed before the page was left becomes a draft again, before what was typed since.
    pub fn with_failed_as_draft(mut self) -> Self {
        if let Some(Sending { request, .. }) = self.sending.take_if(|sending| sending.failed) {
            let typed = self.typed.entry(request.conversation.as_str().to_owned()).or_default();
            *typed = [request.message.as_str(), typed.as_str()].join("\n").trim_end().to_owned();
        }
        self
    }

    /// With what was typed before the storage was read.
    pub fn with(mut self, since: Self) -> Self {
        self.typed.extend(since.typed);
        self.set_aside.extend(since.set_aside);
        self.queued_files.retain(|conversation, _| !since.queued.contains_key(conversation));
        self.queued.extend(since.queued);
        self.queued_files.extend(since.queued_files);
        self.sending = since.sending.or(self.sending);
        self
    }
}

/// A message that waited, before what was typed since.
pub fn before(queued: &str, typed: &str) -> String {
    if typed.trim().is_empty() { queued.to_owned() } else { format!("{queued}\n\n{typed}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::chat::{ConversationId, IdempotencyKey};

    #[test]
    fn a_message_that_failed_becomes_a_draft_before_what_was_typed_since() {
        let request = ChatRequest {
            conversation: ConversationId::new("c"),
            message: "first".into(),
            idempotency_key: IdempotencyKey::new("k"),
            version_of: None,
            after: None,
            attachments: vec![],
            model: None,
        };
        let typed = BTreeMap::from([("c".to_owned(), "second".to_owned())]);
        let drafts = Drafts { typed, sending: Some(Sending { request, files: 0, failed: true }), ..Drafts::default() };
        let again = drafts.clone().with_failed_as_draft();
        assert_eq!(again.typed["c"], "first\nsecond");
        assert_eq!(again.sending, None);
    }

    #[test]
    fn a_queued_message_whose_files_are_lost_becomes_a_draft_before_what_was_typed_since() {
        let drafts = || {
            let mut drafts = Drafts { typed: BTreeMap::from([("c".into(), "second".into())]), ..Drafts::default() };
            drafts.queue("c".into(), "first".into(), vec!["a".into(), "b".into()]);
            drafts
        };
        let lost = drafts().without_lost_files(0, |_| vec!["a".into()]);
        assert_eq!((&*lost.typed["c"], lost.queued.len(), lost.queued_files.len()), ("first\n\nsecond", 0, 0));
        assert_eq!(drafts().without_lost_files(0, |_| vec!["a".into(), "b".into()]), drafts());
    }

    #[test]
    fn what_is_typed_before_the_storage_is_open_replaces_only_the_draft_of_the_same_conversation() {
        let typed = |texts: &[(&str, &str)]| Drafts {
            typed: texts.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect(),
            ..Drafts::default()
        };
        let stored = typed(&[("a", "old"), ("b", "stored")]);
        assert_eq!(stored.with(typed(&[("a", "new")])), typed(&[("a", "new"), ("b", "stored")]));
    }

    #[test]
    fn a_message_that_waited_comes_back_before_what_was_typed_since() {
        assert_eq!(before("first", ""), "first");
        assert_eq!(before("first", " \n"), "first");
        assert_eq!(before("first", "second"), "first\n\nsecond");
    }
}
