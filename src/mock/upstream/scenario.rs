//! What can be played, by name. The number after a name means what is said there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A scenario as a test or a person writes it: `{"name": "tokens", "number": 500}`, or `/tokens 500`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: Name,
    #[serde(default)]
    pub number: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// What was asked is told back, word by word; the number is the pause between two, in milliseconds.
    Answer,

    // Refused with a status.
    /// 401 `invalid_api_key`.
    Unauthorized,
    /// 429; `Retry-After` has the number, in seconds.
    RateLimited,
    /// 429; `Retry-After-Ms` has the number.
    RateLimitedMs,
    /// 429 `insufficient_quota`.
    Quota,
    /// 400 `context_length_exceeded`.
    TooLong,
    /// 400 `content_filter`, in Azure's words.
    PolicyViolation,
    /// 400 for whoever sends `stream_options`, as servers do that don't know it; others are answered without usage.
    NoStreamOptions,
    /// 404 `model_not_found`.
    NoModel,
    /// 500 with an HTML page.
    ServerError,
    /// 503; `Retry-After` has the number, in seconds.
    Unavailable,
    /// 307 to somewhere else at this upstream.
    Redirect,
    /// 200 with an HTML page, as a proxy in between may answer.
    Page,
    /// 401 that repeats the key and the question.
    Echo,

    // Silent.
    /// Never a head.
    NoHead,
    /// A head and a role, and then nothing.
    NoFirstToken,
    /// Comments only, with the number of milliseconds between them.
    Pings,
    /// Some words, and then nothing.
    Stall,

    // Broken off.
    /// Some words, and the end.
    Cut,
    /// Some words, and the connection breaks.
    Broken,
    /// The connection breaks after the head.
    BrokenEarly,
    /// Some words, and an error.
    ErrorFrame,
    /// Some words, and an error with choices beside it.
    ErrorFrameWithChoices,
    /// Some words, and a chunk that is none.
    Garbage,
    /// Some words, and an event without end.
    Oversized,
    /// Only `[DONE]`.
    BareDone,
    /// Some words, and `[DONE]`.
    DoneWithoutFinish,
    /// Some words, and a finish reason that nobody knows.
    UnknownFinish,

    // Whole.
    /// Finished without a word.
    Empty,
    Length,
    ContentFilter,
    /// Calls a tool instead of answering.
    ToolCalls,
    /// A finish reason, and the end.
    FinishWithoutDone,
    /// A finish reason, and then nothing.
    FinishAndStall,
    /// Chunks without choices, without delta, with null and with members that nobody knows.
    OddChunks,
    /// Every byte by itself, letters of several bytes among them.
    SplitUtf8,
    Crlf,
    /// A byte order mark in front.
    Bom,
    /// A chunk in several lines of data.
    MultiLine,
    /// So many words at full speed, 100,000 where there is no number.
    Tokens,
    /// Words at full speed for ever.
    Flood,
    /// Reasoning in `reasoning`.
    Reasoning,
    /// Reasoning in `reasoning_content`.
    ReasoningContent,
    /// Usage in every chunk.
    UsageAlong,
    /// No usage.
    NoUsage,
}

impl Scenario {
    pub const fn named(name: Name) -> Scenario {
        Scenario { name, number: None }
    }

    /// The scenario that the first words of a message ask for.
    pub fn asked_for(message: &str) -> Option<Scenario> {
        let mut words = message.split_whitespace();
        let name = serde_json::from_value(Value::from(words.next()?.strip_prefix('/')?)).ok()?;
        Some(Scenario { name, number: words.next().and_then(|word| word.parse().ok()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_asks_for_a_scenario_by_its_first_words() {
        let tokens = Scenario { name: Name::Tokens, number: Some(500) };
        assert_eq!(Scenario::asked_for(" /tokens 500 please"), Some(tokens));
        assert_eq!(Scenario::asked_for("/split-utf8"), Some(Scenario::named(Name::SplitUtf8)));
        for message in ["", "/", "tokens", "/nothing", "/ tokens", "please /tokens"] {
            assert_eq!(Scenario::asked_for(message), None, "{message}");
        }
    }
}
