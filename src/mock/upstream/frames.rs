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
