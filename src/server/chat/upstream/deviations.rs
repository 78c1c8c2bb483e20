//! What a server sends against OpenAI's API, and is read nevertheless: counted, and logged once in each answer, so that an
//! administrator finds it.

use crate::server::observe::metrics;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// An event or a line that is no chunk. It is skipped.
    UnreadableEvent,
    /// A character of which each half was in a chunk of its own.
    SplitCharacter,
    /// A stream with another `Content-Type`, or none.
    ContentType,
    /// JSON outside of any event: a whole completion, a JSON document on each line, or an error.
    BareJson,
    /// The text is in `message`, `text` or the like, not in `delta`.
    NoDelta,
    /// Reasoning in tags at the start of the text.
    ThinkingTags,
    /// Reasoning at the start of the text, of which only the end has a tag.
    NoOpeningTag,
    /// A finish reason that is not OpenAI's.
    FinishReason,
    /// A finish reason that is in no table.
    UnknownFinishReason,
}

/// Those of one answer.
#[derive(Default)]
pub struct Deviations {
    noted: Vec<Deviation>,
}

impl Deviations {
    /// Counts an unreadable event each time, and all else once.
    pub fn note(&mut self, deviation: Deviation) {
        let (is_new, name) = (!self.has(deviation), deviation.name());
        if is_new || deviation == Deviation::UnreadableEvent {
            metrics::upstream_deviation(name);
        }
        if !is_new {
            return;
        }
        self.noted.push(deviation);
        match deviation {
            Deviation::UnreadableEvent | Deviation::UnknownFinishReason => {
                tracing::warn!(deviation = name, "the upstream sent what can't be read");
            }
            _ => tracing::info!(deviation = name, "the upstream deviates from OpenAI's API"),
        }
    }

    pub fn has(&self, deviation: Deviation) -> bool {
        self.noted.contains(&deviation)
    }
}

/// Creates the counters of all deviations, at zero.
pub fn declare_metrics() {
    for deviation in Deviation::ALL {
        metrics::declare_upstream_deviation(deviation.name());
    }
}

impl Deviation {
    const ALL: [Self; 9] = [
        Self::UnreadableEvent,
        Self::SplitCharacter,
        Self::ContentType,
        Self::BareJson,
        Self::NoDelta,
        Self::ThinkingTags,
        Self::NoOpeningTag,
        Self::FinishReason,
        Self::UnknownFinishReason,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::UnreadableEvent => "unreadable_event",
            Self::SplitCharacter => "split_character",
            Self::ContentType => "content_type",
            Self::BareJson => "bare_json",
            Self::NoDelta => "no_delta",
            Self::ThinkingTags => "thinking_tags",
            Self::NoOpeningTag => "no_opening_tag",
            Self::FinishReason => "finish_reason",
            Self::UnknownFinishReason => "unknown_finish_reason",
        }
    }
}
