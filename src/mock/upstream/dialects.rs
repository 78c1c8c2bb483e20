//! Answers in other forms than OpenAI's, as other servers, and proxies before them, send them.

use std::{io, io::Write};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::{
    frames::{choice, chunk, completion, done, finish, frame, lines, role, text, text_in},
    scenario::Name,
    transcripts::{Part, Parts, SOME, SOME_WORDS, all, complete, complete_end, some},
};

const NOT_JSON: &[u8] = b"data: {\"choices\": [\n\n";
const PING: &[u8] = b"data: ping\n\n";

/// The content of an answer that thinks, cut within its tags.
const THINK_TAGS: [&str; 6] = ["<thi", "nk>\nLet me ", "think.\n</thi", "nk>\n", "\n", SOME_WORDS];
const THINK_END: [&str; 4] = ["Let me ", "think.\n</thi", "nk>\n\n", SOME_WORDS];
const TAGS_IN_TEXT: [&str; 3] =
    ["Models write `<think>` and `</think>`:\n\n", "```\n<think>\n</think>\n```\n", "Also <think>."];

/// The stream of a scenario; `None` for scenarios that are not a dialect.
pub fn transcript(name: Name) -> Option<Parts> {
    Some(match name {
        Name::Garbage => all(interrupted_by(NOT_JSON)),
        Name::PingEvents => all(interrupted_by(PING)),
        Name::SplitCharacter => all(split_character()),
        Name::OddMembers => all(odd_members()),
        Name::Eos => all(some().chain([finish("eos"), done()])),
        Name::MaxTokens => all(some().chain([finish("MAX_TOKENS"), done()])),
        Name::Safety => all(some().chain([finish("SAFETY"), done()])),
        Name::Completion => all([completion(SOME_WORDS, 1, SOME).to_string().into()]),
        Name::WrongType => all(complete()),
        Name::Ndjson => all(lines(complete())),
        Name::Gzip => compressed()?,
        Name::Message => in_member("message", |word| json!({ "role": "assistant", "content": word })),
        Name::Text => in_member("text", |word| json!(word)),
        Name::ThinkTags => texts(&THINK_TAGS),
        Name::ThinkEnd => texts(&THINK_END),
        Name::ThinkingParts => all(thinking_parts()),
        Name::TagsInText => texts(&TAGS_IN_TEXT),
        Name::BareError => all(some().chain([error(429).into()])),
        Name::ErrorDocument => all([error(429).into()]),
        _ => return None,
    })
}

/// The type and the encoding of a scenario's body.
pub fn headers(name: Name) -> HeaderMap {
    let content_type = match name {
        Name::Completion | Name::ErrorDocument | Name::WrongType => "application/json",
        Name::Ndjson => "application/x-ndjson",
        _ => "text/event-stream",
    };
    let content_type = (header::CONTENT_TYPE, content_type);
    let encoding = (name == Name::Gzip).then_some((header::CONTENT_ENCODING, "gzip"));
    let headers = [content_type].into_iter().chain(encoding);
    headers.map(|(name, value): (HeaderName, _)| (name, HeaderValue::from_static(value))).collect()
}

fn interrupted_by(odd: &'static [u8]) -> impl Iterator<Item = Bytes> + Send {
    let odd = Bytes::from_static(odd);
    some().flat_map(move |frame| [frame, odd.clone()]).chain(complete_end())
}

/// The halves can't be written by `serde_json`, as they are no text.
fn split_character() -> impl Iterator<Item = Bytes> + Send {
    let half = |half: &str| Bytes::from(String::from_utf8_lossy(&text("half")).replace("half", half));
    let halves = [half("\\ud83d"), half("\\ude00"), text(" and "), half("\\ud83d"), text("no more")];
    [role(), text("Good ")].into_iter().chain(halves).chain(complete_end())
}

fn odd_members() -> impl Iterator<Item = Bytes> + Send {
    let words = SOME_WORDS.split_inclusive(' ').map(|word| {
        let delta = json!({ "content": [{ "type": "text", "text": word }], "tool_calls": null });
        frame(&json!({ "choices": { "index": "0", "delta": delta }, "error": "", "usage": [] }))
    });
    let end = json!({ "choices": [null, { "delta": null, "finish_reason": "stop" }], "error": null, "usage": null });
    let usage = json!({ "choices": null, "error": {}, "usage": { "prompt_tokens": "1", "completion_tokens": 4.0 } });
    words.chain([frame(&end), frame(&usage), done()])
}

fn in_member(member: &'static str, value: fn(&str) -> Value) -> Parts {
    let words = SOME_WORDS.split_inclusive(' ').map(move |word| text_in(member, &value(word)));
    all(words.chain(complete_end()))
}

fn texts(pieces: &'static [&'static str]) -> Parts {
    all([role()].into_iter().chain(pieces.iter().map(|piece| text(piece))).chain(complete_end()))
}

/// As Mistral sends them.
fn thinking_parts() -> impl Iterator<Item = Bytes> + Send {
    let part = |part: Value| frame(&chunk(&choice(&json!({ "content": [part] }), None)));
    let thinking = ["Let me ", "think."]
        .map(|text| part(json!({ "type": "thinking", "thinking": [{ "type": "text", "text": text }] })));
    thinking.into_iter().chain([part(json!({ "type": "text", "text": SOME_WORDS }))]).chain(complete_end())
}

/// As Google writes it, over several lines.
fn error(code: u16) -> String {
    let error = json!({ "error": { "code": code, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED" } });
    format!("{error:#}\n")
}

fn compressed() -> Option<Parts> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    let written: io::Result<()> = complete().try_for_each(|frame| encoder.write_all(&frame));
    let bytes = written.and_then(|()| encoder.finish()).ok()?;
    // In two pieces, so that a frame is cut.
    let (one, two) = bytes.split_at(bytes.len() / 2);
    let pieces = [one, two].map(|piece| Part::Bytes(Bytes::copy_from_slice(piece)));
    Some(Box::new(pieces.into_iter()))
}
