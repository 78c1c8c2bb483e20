//! What somebody hears who does not see the answer: whole sentences, each once, apart from the text that grows.

use std::time::Duration;

use dioxus::prelude::*;

use super::entry::{Growing, Progress};
use crate::{
    client::{
        browser,
        language::{Catalogue, ChosenLanguage, Language},
        markdown::{Splitter, announcements::Announced, language_detection::language_of},
    },
    wire::chat::EndReason,
};

/// Sentences are told together that come within this time.
const PACE: Duration = Duration::from_millis(700);

/// Something to be heard.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    number: u64,
    text: String,
    /// Where it is not the page's, or may not be.
    language: Option<Language>,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Announcer {
    said: Signal<Vec<Said>>,
    told: CopyValue<Announced>,
    last: CopyValue<(u64, Duration)>,
}

impl Announcer {
    pub fn use_announcer() -> Self {
        use_hook(|| Self {
            said: Signal::new(vec![]),
            told: CopyValue::new(Announced::default()),
            last: CopyValue::new((0, Duration::ZERO)),
        })
    }

    pub fn clear(mut self) {
        self.said.set(vec![]);
        self.told.set(Announced::default());
    }

    /// Says something in the page's language.
    pub fn say(self, text: String) {
        self.say_in(None, text);
    }

    /// Tells what is whole of a text that grows.
    pub fn tell(mut self, text: &Splitter, language: ChosenLanguage) {
        let now = browser::monotonic();
        if now.saturating_sub(self.last.peek().1) >= PACE {
            self.last.write().1 = now;
            self.tell_now(text, false, language.peek().catalogue());
        }
    }

    /// Tells the rest, and how the answer ended. What broke off in the middle of a sentence is not told.
    pub fn end(self, growing: &Growing, progress: &Progress, language: ChosenLanguage) {
        let catalogue = language.peek().catalogue();
        let is_whole = matches!(progress, Progress::Ended(EndReason::Complete, _));
        self.tell_now(&growing.split, is_whole, catalogue);
        if let Some(end) = words_for_end(progress, catalogue) {
            self.say(end.to_owned());
        }
    }

    fn tell_now(mut self, text: &Splitter, ended: bool, catalogue: &Catalogue) {
        let sentences = self.told.write().next(text, ended, catalogue);
        if !sentences.is_empty() {
            self.say_in(language_of(&text.blocks()), sentences.join(" "));
        }
    }

    fn say_in(mut self, language: Option<Language>, text: String) {
        self.last.write().0 += 1;
        let number = self.last.peek().0;
        self.said.write().push(Said { number, text, language });
    }
}

/// Failures are told where they are shown.
fn words_for_end(progress: &Progress, catalogue: &Catalogue) -> Option<&'static str> {
    match progress {
        Progress::Ended(EndReason::Complete, None) => Some(catalogue.answer.complete),
        Progress::Ended(reason, None) => end_in_words(*reason, catalogue),
        Progress::Ended(_, Some(_)) | Progress::Failed(_) | Progress::Running => None,
    }
}

/// Why an answer is not whole.
pub fn end_in_words(reason: EndReason, catalogue: &Catalogue) -> Option<&'static str> {
    match reason {
        EndReason::Complete => None,
        EndReason::Stopped => Some(catalogue.answer.stopped),
        EndReason::Length => Some(catalogue.answer.cut_at_length),
        EndReason::Filtered => Some(catalogue.answer.filtered),
        EndReason::Interrupted => Some(catalogue.answer.interrupted),
    }
}

/// Read by screen readers as it grows, seen by nobody.
#[component]
pub fn LiveRegion(announcer: Announcer) -> Element {
    rsx! {
        div { class: "for-screen-readers", "aria-live": "polite", "aria-relevant": "additions", id: "announcements",
            for Said { number, text, language } in announcer.said.read().iter() {
                p { key: "{number}", lang: language.map(Language::tag), "{text}" }
            }
        }
    }
}
