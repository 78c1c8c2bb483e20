//! The scenarios, by name. A name can be followed by a number, whose meaning depends on the name.

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
    /// Repeats the question, word by word. The number is the pause between two words, in milliseconds.
    Answer,

    // An error, or another response that is no stream.
    /// 401 `invalid_api_key`.
    Unauthorized,
    /// 429. The number is `Retry-After`, in seconds.
    RateLimited,
    /// 429. The number is `Retry-After-Ms`.
    RateLimitedMs,
    /// 429 `insufficient_quota`.
    Quota,
    /// 400 `context_length_exceeded`.
    TooLong,
    /// 400 `content_filter`, as Azure sends it.
    PolicyViolation,
    /// 400 if the request has `stream_options`, as servers answer that don't know it; otherwise an answer without usage.
    NoStreamOptions,
    /// 404 `model_not_found`.
    NoModel,
    /// 500 with an HTML page.
    ServerError,
    /// 503. The number is `Retry-After`, in seconds.
    Unavailable,
    /// 307 to another path of this upstream.
    Redirect,
    /// 200 with an HTML page, as a proxy may answer.
    Page,
    /// 401 that repeats the API key and the question.
    Echo,

    // Silent.
    /// No response, not even its head.
    NoHead,
    /// The head and the role, then nothing.
    NoFirstToken,
    /// Only comments. The number is the pause between two, in milliseconds.
    Pings,
    /// Some words, then nothing.
    Stall,

    // Interrupted.
    /// Some words, then the end of the stream.
    Cut,
    /// Some words, then the connection breaks.
    Broken,
    /// The connection breaks after the head.
    BrokenEarly,
    /// Some words, then an error.
    ErrorFrame,
    /// Some words, then an error with choices beside it.
    ErrorFrameWithChoices,
    /// Some words, then an event that is too large.
    Oversized,
    /// Only `[DONE]`.
    BareDone,
    /// Some words, then `[DONE]`.
    DoneWithoutFinish,
    /// Some words, then an unknown finish reason.
    UnknownFinish,
    /// Some words, then an error that is JSON outside of any event.
    BareError,
    /// 200 with `application/json` and an error.
    ErrorDocument,

    // Complete.
    /// A finish reason without any text.
    Empty,
    Length,
    ContentFilter,
    /// Calls a tool instead of answering.
    ToolCalls,
    /// A finish reason, then the end of the stream.
    FinishWithoutDone,
    /// A finish reason, then nothing.
    FinishAndStall,
    /// Chunks without choices, without delta, with null, and with unknown members.
    OddChunks,
    /// Every byte in a write of its own, with characters of several bytes.
    SplitUtf8,
    Crlf,
    /// Starts with a byte order mark.
    Bom,
    /// Chunks in several lines of `data`.
    MultiLine,
    /// Words at full speed. The number is how many, by default 100,000.
    Tokens,
    /// Words at full speed, without end.
    Flood,
    /// Reasoning in `reasoning`.
    Reasoning,
    /// Reasoning in `reasoning_content`.
    ReasoningContent,
    /// Usage in every chunk.
    UsageAlong,
    /// No usage.
    NoUsage,
    /// Sources beside the text, in `annotations`.
    Citations,

    // Complete, in other forms than OpenAI's.
    /// Some words, and among them a chunk that is not JSON.
    Garbage,
    /// Some words, and among them `data: ping`.
    PingEvents,
    /// A character of which each half is in a chunk of its own, and half a character.
    SplitCharacter,
    /// Members that are null, an object in place of a list, or a number as a text.
    OddMembers,
    /// The finish reason `eos`.
    Eos,
    /// The finish reason `MAX_TOKENS`.
    MaxTokens,
    /// The finish reason `SAFETY`.
    Safety,
    /// 200 with `application/json`: one whole completion.
    Completion,
    /// A stream with the type `application/json`.
    WrongType,
    /// A JSON document on each line.
    Ndjson,
    /// Compressed, although nobody asked for that.
    Gzip,
    /// The text in `message` in place of `delta`.
    Message,
    /// The text in `text` in place of `delta`.
    Text,

    // Reasoning in the content.
    /// Between tags, each of which is split over chunks.
    ThinkTags,
    /// With the closing tag only.
    ThinkEnd,
    /// As parts of the content.
    ThinkingParts,
    /// No reasoning: tags in the middle of the text, and in code.
    TagsInText,
}

impl Scenario {
    pub const fn named(name: Name) -> Scenario {
        Scenario { name, number: None }
    }

    /// The scenario that the first words of a message name.
    pub fn named_in(message: &str) -> Option<Scenario> {
        let mut words = message.split_whitespace();
        let name = serde_json::from_value(Value::from(words.next()?.strip_prefix('/')?)).ok()?;
        Some(Scenario { name, number: words.next().and_then(|word| word.parse().ok()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_a_scenario_by_its_first_words() {
        let tokens = Scenario { name: Name::Tokens, number: Some(500) };
        assert_eq!(Scenario::named_in(" /tokens 500 please"), Some(tokens));
        assert_eq!(Scenario::named_in("/split-utf8"), Some(Scenario::named(Name::SplitUtf8)));
        for message in ["", "/", "tokens", "/nothing", "/ tokens", "please /tokens"] {
            assert_eq!(Scenario::named_in(message), None, "{message}");
        }
    }
}
