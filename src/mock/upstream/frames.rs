//! The events of a stream, `chat.completion.chunk`, as OpenAI and Azure send them.

use axum::body::Bytes;
use serde_json::{Value, json};

const ID: &str = "chatcmpl-mock";

pub fn frame(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}

pub fn done() -> Bytes {
    Bytes::from_static(b"data: [DONE]\n\n")
}

pub fn ping() -> Bytes {
    Bytes::from_static(b": PROCESSING\n\n")
}

pub fn chunk(choices: &Value) -> Value {
    json!({
        "id": ID, "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "mock",
        "system_fingerprint": "fp_mock", "choices": choices, "usage": null,
    })
}

pub fn choice(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }])
}

pub fn role() -> Bytes {
    frame(&chunk(&choice(&json!({ "role": "assistant", "content": "", "refusal": null }), None)))
}

/// With the padding by which OpenAI hides the length of the text.
pub fn text(text: &str) -> Bytes {
    let mut chunk = chunk(&choice(&json!({ "content": text }), None));
    chunk["obfuscation"] = "xxxxxxxx"[text.len() % 8..].into();
    frame(&chunk)
}

pub fn thinking(member: &str, text: &str) -> Bytes {
    frame(&chunk(&choice(&json!({ "content": "", member: text }), None)))
}

pub fn finish(reason: &str) -> Bytes {
    frame(&chunk(&choice(&json!({}), Some(reason))))
}

/// A chunk whose text is in another member of its choice than `delta`.
pub fn text_in(member: &str, text: &Value) -> Bytes {
    frame(&chunk(&json!([{ "index": 0, member: text, "finish_reason": null }])))
}

/// One whole completion.
pub fn completion(text: &str, input: usize, output: usize) -> Value {
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    json!({
        "id": ID, "object": "chat.completion", "created": 1_790_000_000, "model": "mock",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": tokens(input, output),
    })
}

/// The data of these frames, each on a line of its own.
pub fn lines(frames: impl IntoIterator<Item = Bytes>) -> impl Iterator<Item = Bytes> {
    frames.into_iter().map(|frame| {
        let text = String::from_utf8_lossy(&frame);
        format!("{}\n", text.trim_start_matches("data: ").trim_end()).into()
    })
}

pub fn usage(input: usize, output: usize) -> Bytes {
    let mut chunk = chunk(&json!([]));
    chunk["usage"] = tokens(input, output);
    frame(&chunk)
}

pub fn tokens(input: usize, output: usize) -> Value {
    json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output })
}

/// Azure's first chunk: the content filter's result for the question.
pub fn prompt_filter() -> Bytes {
    let results = json!([{ "prompt_index": 0, "content_filter_results": { "hate": { "filtered": false } } }]);
    frame(
        &json!({ "id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": results }),
    )
}

/// The content filter's result for a part of the answer: a choice without delta.
pub fn filter_offsets() -> Bytes {
    let choice = json!([{
        "index": 0, "finish_reason": null, "content_filter_offsets": { "check_offset": 0, "start_offset": 0 },
        "content_filter_results": {},
    }]);
    frame(&json!({ "id": "", "object": "", "created": 0, "model": "", "choices": choice }))
}
