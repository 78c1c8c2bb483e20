//! The streams of the scenarios.

use std::{iter, time::Duration};

use axum::body::Bytes;
use serde_json::json;

use super::{
    dialects,
    frames::{
        choice, chunk, done, filter_offsets, finish, frame, ping, prompt_filter, role, text, thinking, tokens, usage,
    },
    scenario::{Name, Scenario},
};

/// A step of a stream.
pub enum Part {
    Bytes(Bytes),
    Pause(Duration),
    /// Sends nothing more, and keeps the connection open.
    Silence,
    /// The connection breaks.
    Break,
}

pub type Parts = Box<dyn Iterator<Item = Part> + Send>;

const DEFAULT_PACE_MS: u64 = 10;
const DEFAULT_PING_MS: u64 = 100;
const DEFAULT_TOKENS: u64 = 100_000;
/// The words of an answer that breaks, and their number.
pub const SOME_WORDS: &str = "This much was said ";
pub const SOME: usize = 4;
const ODD_LETTERS: &str = "Été, naïve 日本 🦀 ";
/// Larger than a client should accept for one event.
const OVERSIZED: usize = 8 * 1024 * 1024;

/// The stream of a scenario; `None` for scenarios that don't stream.
pub fn transcript(scenario: Scenario, question: &str, is_azure: bool) -> Option<Parts> {
    let number = |default| scenario.number.unwrap_or(default);
    let parts: Parts =
        match scenario.name {
            Name::Answer => answer(question, Duration::from_millis(number(DEFAULT_PACE_MS))),
            Name::NoFirstToken => then([role()], Part::Silence),
            Name::Pings => {
                let pause = Duration::from_millis(number(DEFAULT_PING_MS));
                Box::new(iter::repeat_with(move || [Part::Bytes(ping()), Part::Pause(pause)]).flatten())
            }
            Name::Stall => then(some(), Part::Silence),
            Name::Cut => all(some()),
            Name::Broken => then(some(), Part::Break),
            Name::BrokenEarly => then([role()], Part::Break),
            Name::ErrorFrame => all(some().chain([error()]).chain(complete_end())),
            Name::ErrorFrameWithChoices => all(some().chain([error_with_choices()])),
            Name::Oversized => all(some().chain([oversized()])),
            Name::BareDone => all([done()]),
            Name::DoneWithoutFinish => all(some().chain([done()])),
            Name::UnknownFinish => all(some().chain([finish("insufficient_system_resource"), done()])),
            Name::Empty => all([role()].into_iter().chain(complete_end())),
            Name::Length => all(some().chain([finish("length"), done()])),
            Name::ContentFilter => all(some().chain([finish("content_filter"), done()])),
            Name::ToolCalls => all([role(), tool_call(), finish("tool_calls"), done()]),
            Name::FinishWithoutDone => all(some().chain([finish("stop")])),
            Name::FinishAndStall => then(some().chain([finish("stop")]), Part::Silence),
            Name::OddChunks => all(odd_chunks()),
            Name::SplitUtf8 => {
                let bytes: Vec<u8> = [role(), text(ODD_LETTERS)].into_iter().chain(complete_end()).flatten().collect();
                Box::new(bytes.into_iter().flat_map(|byte| {
                    [Part::Bytes(Bytes::copy_from_slice(&[byte])), Part::Pause(Duration::from_micros(1))]
                }))
            }
            Name::Crlf => all(complete().map(|frame| String::from_utf8_lossy(&frame).replace('\n', "\r\n").into())),
            Name::Bom => all([Bytes::from_static("\u{feff}".as_bytes())].into_iter().chain(complete())),
            Name::MultiLine => {
                all(complete().map(|frame| String::from_utf8_lossy(&frame).replace(",\"", ",\ndata: \"").into()))
            }
            Name::Tokens => {
                let count = number(DEFAULT_TOKENS);
                let words = (1..=count).map(|n| text(&format!("{n} ")));
                all([role()].into_iter().chain(words).chain([finish("stop"), usage(1, count as usize), done()]))
            }
            Name::Flood => all(iter::once(role()).chain((1_u64..).map(|n| text(&format!("{n} "))))),
            Name::Reasoning => all(reasoning("reasoning")),
            Name::ReasoningContent => all(reasoning("reasoning_content")),
            Name::UsageAlong => all(some().enumerate().map(usage_along).chain(complete_end())),
            Name::NoUsage | Name::NoStreamOptions => all(some().chain([finish("stop"), done()])),
            Name::Citations => all(some().chain([citations()]).chain(complete_end())),
            _ => return dialects::transcript(scenario.name),
        };
    Some(if is_azure { with_content_filter(parts) } else { parts })
}

fn answer(question: &str, pace: Duration) -> Parts {
    let answer = format!("You wrote: “{question}”. This is the mock upstream: it only repeats your question.");
    let words: Vec<Bytes> = answer.split_inclusive(' ').map(text).collect();
    let end = [finish("stop"), usage(question.split_whitespace().count(), words.len()), done()];
    let paced = words.into_iter().flat_map(move |word| [Part::Pause(pace), Part::Bytes(word)]);
    Box::new(iter::once(Part::Bytes(role())).chain(paced).chain(end.map(Part::Bytes)))
}

pub fn some() -> impl Iterator<Item = Bytes> + Send + use<> {
    iter::once(role()).chain(SOME_WORDS.split_inclusive(' ').map(text))
}

pub fn complete_end() -> [Bytes; 3] {
    [finish("stop"), usage(1, SOME), done()]
}

pub fn complete() -> impl Iterator<Item = Bytes> + Send + use<> {
    some().chain(complete_end())
}

fn reasoning(member: &'static str) -> impl Iterator<Item = Bytes> + Send + use<> {
    [role(), thinking(member, "Let me "), thinking(member, "think.")].into_iter().chain(some()).chain(complete_end())
}

/// As OpenAI's models for web searches send them.
fn citations() -> Bytes {
    let citation = |url: &str, title: &str| json!({ "type": "url_citation", "url_citation": { "start_index": 0, "end_index": 4, "url": url, "title": title } });
    let annotations = json!([
        citation("https://docs.example/latches", "Latches and mutexes"),
        citation("https://docs.example/latches", "The same"),
        citation("javascript:alert(1)", "No page"),
    ]);
    frame(&chunk(&choice(&json!({ "annotations": annotations }), None)))
}

fn odd_chunks() -> impl Iterator<Item = Bytes> + Send + use<> {
    let odd = [
        json!({ "choices": [] }),
        json!({ "choices": null }),
        json!({ "choices": [{ "index": 0, "delta": null, "finish_reason": null }] }),
        json!({ "choices": [{ "index": 0, "delta": { "content": null, "annotations": [] } }] }),
        json!({ "choices": [], "timings": { "predicted_ms": 1.5 }, "x_groq": { "id": "x" } }),
    ];
    let odd = odd.map(|chunk| frame(&chunk)).into_iter();
    [prompt_filter(), ping()].into_iter().chain(some()).chain([filter_offsets()]).chain(odd).chain(complete_end())
}

fn usage_along((n, frame): (usize, Bytes)) -> Bytes {
    let count = tokens(1, n).to_string();
    String::from_utf8_lossy(&frame).replace("\"usage\":null", &format!("\"usage\":{count}")).into()
}

fn error() -> Bytes {
    let error = json!({ "message": "The server had an error.", "type": "server_error", "param": null, "code": null });
    frame(&json!({ "error": error }))
}

fn error_with_choices() -> Bytes {
    let mut chunk = chunk(&choice(&json!({ "content": "" }), Some("error")));
    chunk["error"] = json!({ "code": 429, "message": "Rate limited by the provider behind." });
    frame(&chunk)
}

fn tool_call() -> Bytes {
    let call =
        json!([{ "index": 0, "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } }]);
    frame(&chunk(&choice(&json!({ "tool_calls": call }), None)))
}

fn oversized() -> Bytes {
    format!("data: {}", "x".repeat(OVERSIZED)).into()
}

pub fn all(frames: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> Parts {
    Box::new(frames.into_iter().map(Part::Bytes))
}

fn then(frames: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>, end: Part) -> Parts {
    Box::new(frames.into_iter().map(Part::Bytes).chain([end]))
}

/// Adds the results of Azure's content filter for the question and for the first words of the answer.
fn with_content_filter(mut parts: Parts) -> Parts {
    let first = parts.next();
    let filter = [prompt_filter(), filter_offsets()].map(Part::Bytes);
    let [before, after] = filter;
    Box::new(iter::once(before).chain(first).chain([after]).chain(parts))
}
