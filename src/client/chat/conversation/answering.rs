//! Reads and stops the answer to the last question.

use std::rc::Rc;

use dioxus::prelude::*;
use futures_channel::oneshot;

use super::Conversation;
use crate::{
    client::{
        chat::{
            answer_requests::Call,
            element_ids::COMPOSER,
            entry::{Author, Entry, Progress},
            running_answer::Outcome,
        },
        platform::{dom, frame},
    },
    wire::{
        chat::{EndReason, MessageId},
        error::ApiError,
    },
};

impl Conversation {
    /// Stops the running answer. It is shown as stopped once the server has confirmed that.
    pub fn stop(mut self) {
        let Some(stopping) = self.running.stop() else { return };
        if !self.running.is_elsewhere() {
            self.entries.write().push(stopping);
        }
        self.draft.delivered();
        dom::focus(COMPOSER);
    }

    /// Begins to read an answer.
    pub(super) fn read(mut self, call: Call) {
        self.following.switch_on();
        // The answer that failed is replaced.
        self.entries.write().pop_if(|entry| entry.author == Author::Assistant);
        self.begin_to_read(call, false);
        dom::focus(COMPOSER);
    }

    /// Begins to read an answer in a version that is not shown, so that it goes on.
    pub(super) fn read_elsewhere(self, call: Call) {
        self.begin_to_read(call, true);
    }

    fn begin_to_read(mut self, call: Call, is_elsewhere: bool) {
        let key = self.next_key();
        let interrupt = self.running.begin(key, &call);
        self.running.set_elsewhere(is_elsewhere);
        let earlier = std::mem::take(&mut *self.pending.write());
        let (done, pending) = oneshot::channel::<()>();
        self.pending.write().push(pending);
        self.tasks.start(async move {
            // Dropped when this task ends.
            let _done = done;
            for request in earlier {
                let _ = request.await;
            }
            match self.running.read(call, interrupt, |question, answer| self.opened(question, answer)).await {
                Outcome::Over(progress) => self.ended(progress).await,
                Outcome::Stopped(outcome) => self.stopped(key, outcome),
                Outcome::Left => {}
            }
        });
    }

    /// The server has stored the last question, and begun its answer.
    fn opened(mut self, question: &MessageId, answer: &MessageId) {
        self.draft.delivered();
        if self.running.is_elsewhere() {
            return;
        }
        let is_new = self.last_question().is_some_and(|question| question.id.is_none());
        let mut entries = self.entries.write();
        if let Some(last) = entries.pop() {
            // A message that was sent before and after a reload was loaded already.
            entries.retain(|entry| entry.id.as_ref() != Some(question) && entry.id.as_ref() != Some(answer));
            entries.push(Rc::new(Entry { id: Some(question.clone()), ..(*last).clone() }));
        }
        drop(entries);
        self.list.refresh();
        if is_new && self.last_request.peek().as_ref().is_some_and(|request| request.version_of.is_some()) {
            self.load_versions();
        }
    }

    /// The running answer has ended or failed.
    async fn ended(mut self, progress: Progress) {
        let is_failed = matches!(progress, Progress::Failed(_));
        if let Progress::Failed(ApiError::ModelUnavailable | ApiError::NoticeNotAccepted) = progress {
            self.options.refresh();
        }
        let sends_next = progress.is_complete();
        let is_elsewhere = self.running.is_elsewhere();
        let entry = self.running.finish(progress);
        self.entries.write().extend(entry.filter(|_| !is_elsewhere));
        self.list.refresh();
        if sends_next {
            self.send_queued();
        }
        if is_failed {
            // Requests of a page that is being unloaded fail, too. That page shows no more frames, and its message stays
            // to be sent.
            frame::next_frame().await;
            self.draft.failed();
        }
    }

    /// The server has stopped the answer with this key, or could not be reached: then it goes on, and can be followed.
    fn stopped(mut self, key: u64, outcome: Result<(), ApiError>) {
        let progress = match outcome {
            Ok(()) => Progress::Ended(EndReason::Stopped, None),
            // The page signs in again.
            Err(ApiError::SessionEnded) => return,
            Err(error) => Progress::Failed(error),
        };
        let is_last = !self.running.is_running() && self.entries.peek().last().is_some_and(|entry| entry.key == key);
        if is_last {
            self.announcer.say_end(&progress);
        }
        {
            let mut entries = self.entries.write();
            // It may be gone: replaced by the next message, or left with its conversation.
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) {
                *entry = Rc::new(Entry { progress, ..(**entry).clone() });
            }
        }
        self.list.refresh();
    }
}
