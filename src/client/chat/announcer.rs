//! Announces answers to screen readers: whole sentences, each once, in a live region apart from the text that grows.

use std::time::Duration;

use dioxus::prelude::*;

use super::entry::Progress;
use crate::{
    client::{
        language::{Catalog, ChosenLanguage, Language, use_language},
        markdown::{Splitter, announcements::Announced, language_detection::language_of},
        platform::clock,
    },
    wire::chat::EndReason,
};

/// Sentences that arrive within this time are announced together.
const INTERVAL: Duration = Duration::from_millis(700);

#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    pub key: u64,
    pub text: String,
    /// Where it is not, or may not be, the page's language.
    pub language: Option<Language>,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Announcer {
    language: ChosenLanguage,
    announcements: Signal<Vec<Announcement>>,
    /// How far the running answer has been announced.
    announced: CopyValue<Announced>,
    last_key: CopyValue<u64>,
    last_time: CopyValue<Duration>,
}

impl Announcer {
    pub fn use_announcer() -> Self {
        let language = use_language();
        use_hook(|| Self {
            language,
            announcements: Signal::new(vec![]),
            announced: CopyValue::new(Announced::default()),
            last_key: CopyValue::new(0),
            last_time: CopyValue::new(Duration::ZERO),
        })
    }

    /// Subscribes the caller.
    pub fn announcements(self) -> Vec<Announcement> {
        self.announcements.read().clone()
    }

    pub fn clear(mut self) {
        self.announcements.set(vec![]);
        self.announced.set(Announced::default());
    }

    /// Announces a text in the page's language.
    pub fn say(self, text: String) {
        self.add(None, text);
    }

    /// Announces the sentences that have been completed.
    pub fn announce(mut self, answer: &Splitter) {
        let now = clock::monotonic();
        if now.saturating_sub(*self.last_time.peek()) >= INTERVAL {
            self.last_time.set(now);
            self.announce_sentences(answer, false);
        }
    }

    /// Announces the remaining sentences and how the answer has ended. A sentence that broke off is left out.
    pub fn announce_end(self, answer: &Splitter, progress: &Progress) {
        let is_complete = matches!(progress, Progress::Ended(EndReason::Complete, _));
        self.announce_sentences(answer, is_complete);
        self.say_end(progress);
    }

    /// Announces how the answer has ended.
    pub fn say_end(self, progress: &Progress) {
        if let Some(text) = end_message(progress, self.language.peek().catalog()) {
            self.say(text.to_owned());
        }
    }

    fn announce_sentences(mut self, answer: &Splitter, is_complete: bool) {
        let sentences = self.announced.write().next(answer, is_complete, self.language.peek().catalog());
        if !sentences.is_empty() {
            self.add(language_of(&answer.blocks()), sentences.join(" "));
        }
    }

    fn add(mut self, language: Option<Language>, text: String) {
        *self.last_key.write() += 1;
        let key = *self.last_key.peek();
        self.announcements.write().push(Announcement { key, text, language });
    }
}

/// `None` for failures, which are alerts in the transcript.
fn end_message(progress: &Progress, catalog: &Catalog) -> Option<&'static str> {
    match progress {
        Progress::Ended(EndReason::Complete, None) => Some(catalog.answer.complete),
        Progress::Ended(reason, None) => incomplete_message(*reason, catalog),
        Progress::Ended(_, Some(_)) | Progress::Failed(_) | Progress::Running | Progress::Stopping => None,
    }
}

/// Why an answer is not complete.
pub fn incomplete_message(reason: EndReason, catalog: &Catalog) -> Option<&'static str> {
    match reason {
        EndReason::Complete => None,
        EndReason::Stopped => Some(catalog.answer.stopped),
        EndReason::Length => Some(catalog.answer.cut_at_length),
        EndReason::Filtered => Some(catalog.answer.filtered),
        EndReason::Interrupted => Some(catalog.answer.interrupted),
    }
}
