//! `chat.completion.chunk`, as servers really send it: unknown members are ignored, and known ones may be missing, null,
//! or of another type. A whole completion is read as one chunk.

use serde_json::Value;

use super::{TokenUsage, citations::Citation, surrogates::with_stand_ins};

/// How deep parts of a content are nested at most: `{"type":"thinking","thinking":[{"type":"text","text":"…"}]}`.
const MAX_DEPTH: u8 = 8;

#[derive(Debug)]
pub struct Chunk {
    value: Value,
    /// See [`with_stand_ins`].
    pub has_stand_ins: bool,
}

/// What a chunk adds to the answer. Empty where it adds nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub thinking: String,
    pub text: String,
    /// Whether it is in `delta`. Elsewhere, some servers send the whole answer so far.
    pub is_delta: bool,
}

impl Chunk {
    /// The objects at the start of this text: usually one, which is all of it. Others have them in a list, or one after the
    /// other. Also returns the text after the last that can be read, or `None` if all can be.
    pub fn parse(text: &str) -> (Vec<Self>, Option<String>) {
        let (mut chunks, unread) = parse(text, false);
        let Some(unread) = unread else { return (chunks, None) };
        let Some(with_stand_ins) = with_stand_ins(unread) else { return (chunks, Some(unread.to_owned())) };
        let (more, unread) = parse(&with_stand_ins, true);
        chunks.extend(more);
        (chunks, unread.map(str::to_owned))
    }

    /// The error of a failed answer. Choices beside it are ignored.
    ///
    /// `is_bare`: it came outside of any event, where a message without choices says nothing about the progress.
    pub fn error(&self, is_bare: bool) -> Option<&Value> {
        let choice_error = || self.listed_choice()?.get("error");
        let named = [self.value.get("error"), self.value.get("errors"), choice_error()];
        if let Some(error) = named.into_iter().flatten().find(|error| !is_nothing(error)) {
            return Some(error);
        }
        // Older versions of vLLM, where the chunk itself is the error object, and proxies in front of models.
        let is_error = ["object", "type"].iter().any(|name| self.value.get(name).is_some_and(|kind| kind == "error"));
        let has_message = ["message", "detail", "details"].iter().any(|name| {
            self.value.get(name).is_some_and(|it| it.is_string() || (*name != "message" && !is_nothing(it)))
        });
        let is_message = has_message && self.value.get("choices").is_none() && (is_bare || self.has_error_status());
        (is_error || is_message).then_some(&self.value)
    }

    pub fn said(&self) -> Said {
        let Some(choice) = self.choice() else { return Said::default() };
        let delta = choice.get("delta").map(message).unwrap_or_default();
        if !delta.is_empty() {
            return Said { is_delta: true, ..delta };
        }
        let in_message = choice.get("message").filter(|message| message.is_object()).map(message);
        // `text` is of completions without chat, `response` of Ollama's own API. An answer in Anthropic's form is a message.
        let is_answer = self.value.get("role").is_some_and(|role| role == "assistant");
        let elsewhere = match self.listed_choice() {
            Some(choice) => ["text", "content"].iter().find_map(|name| choice.get(name)),
            None => self.value.get("response").or_else(|| self.value.get("content").filter(|_| is_answer)),
        };
        let said = in_message.into_iter().chain(elsewhere.map(content));
        said.into_iter().find(|said| !said.is_empty()).unwrap_or_default()
    }

    /// The sources that are named beside the text.
    pub fn citations(&self) -> impl Iterator<Item = Citation> {
        let choice = self.choice();
        let places = ["delta", "message"].into_iter().filter_map(move |name| choice?.get(name)?.get("annotations"));
        places.filter_map(Value::as_array).flatten().filter_map(Citation::of)
    }

    /// The reason's name. Servers that follow other APIs have it under the names of these.
    pub fn finish_reason(&self) -> Option<&str> {
        let choice = self.choice()?;
        let delta = choice.get("delta");
        let in_choice = ["finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason"];
        let named = in_choice.iter().filter_map(|name| choice.get(name));
        let named = named.chain(delta.and_then(|delta| delta.get("stop_reason"))).chain(self.value.get("done_reason"));
        let name = named.filter_map(|reason| match reason {
            // SGLang's own API: `{"type":"stop","matched":2}`.
            Value::Object(reason) => reason.get("type").or_else(|| reason.get("reason"))?.as_str(),
            reason => reason.as_str(),
        });
        let is_done = || self.value.get("done").is_some_and(|done| done == true).then_some("stop");
        name.map(str::trim).find(|reason| !reason.is_empty()).or_else(is_done)
    }

    /// Whether it is a whole completion, and not a part of one.
    pub fn is_completion(&self) -> bool {
        self.value.get("object").is_some_and(|object| object == "chat.completion")
    }

    pub fn usage(&self) -> Option<TokenUsage> {
        let usage = match self.value.get("usage") {
            Some(Value::Array(usages)) => usages.last()?,
            Some(usage @ Value::Object(_)) => usage,
            // Ollama's own API has the counts beside the text.
            _ => &self.value,
        };
        let count = |names: &[&str]| names.iter().find_map(|name| number(usage.get(name)?));
        let usage = TokenUsage {
            input: count(&["prompt_tokens", "input_tokens", "prompt_eval_count"]),
            output: count(&["completion_tokens", "output_tokens", "eval_count"]),
        };
        (usage != TokenUsage::default()).then_some(usage)
    }

    /// We request only one choice. Without a list of choices, the chunk itself may be one.
    fn choice(&self) -> Option<&Value> {
        match self.value.get("choices") {
            None | Some(Value::Null) => Some(&self.value),
            Some(_) => self.listed_choice(),
        }
    }

    fn listed_choice(&self) -> Option<&Value> {
        match self.value.get("choices")? {
            Value::Array(choices) => choices
                .iter()
                .find(|choice| choice.is_object() && choice.get("index").and_then(number).unwrap_or(0) == 0),
            choice @ Value::Object(_) => Some(choice),
            _ => None,
        }
    }

    fn has_error_status(&self) -> bool {
        let names = ["code", "status", "status_code", "statusCode"];
        names.iter().filter_map(|name| number(self.value.get(name)?)).any(|status| (400..600).contains(&status))
    }
}

impl Said {
    pub fn is_empty(&self) -> bool {
        self.thinking.is_empty() && self.text.is_empty()
    }
}

/// The chunks up to the first value that is not one, and the text from there on.
fn parse(text: &str, has_stand_ins: bool) -> (Vec<Chunk>, Option<&str>) {
    let mut chunks = vec![];
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut end = 0;
    while let Some(value) = values.next() {
        let values_in = match value {
            Ok(Value::Array(values)) => values,
            Ok(value) => vec![value],
            Err(_) => return (chunks, text.get(end..)),
        };
        if !values_in.iter().all(Value::is_object) {
            return (chunks, text.get(end..));
        }
        chunks.extend(values_in.into_iter().map(|value| Chunk { value, has_stand_ins }));
        end = values.byte_offset();
    }
    (chunks, None)
}

/// What a message or its delta says. A text in its place is its content.
fn message(message: &Value) -> Said {
    let Value::Object(members) = message else { return content(message) };
    let mut said = ["content", "text"]
        .iter()
        .filter_map(|name| members.get(*name))
        .map(content)
        .fold(Said::default(), |said, other| if said.is_empty() { other } else { said });
    if said.text.is_empty() {
        // In place of the content if the model declines.
        said.text = members.get("refusal").map(all_text).unwrap_or_default();
    }
    // llama.cpp and DeepSeek; Ollama and newer versions of vLLM; Ollama's own API. Some servers send two of them.
    let names = ["reasoning_content", "reasoning", "thinking"];
    let reasoning = names.iter().filter_map(|name| members.get(*name)).map(all_text).find(|text| !text.is_empty());
    said.thinking.insert_str(0, &reasoning.unwrap_or_default());
    said
}

/// What a content says: a text, a part, or a list of parts.
fn content(content: &Value) -> Said {
    let mut said = Said::default();
    add_parts(content, false, MAX_DEPTH, &mut said);
    said
}

fn all_text(value: &Value) -> String {
    content(value).text
}

fn add_parts(part: &Value, is_thinking: bool, depth: u8, said: &mut Said) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match part {
        Value::String(text) if is_thinking => said.thinking.push_str(text),
        Value::String(text) => said.text.push_str(text),
        Value::Array(parts) => parts.iter().for_each(|part| add_parts(part, is_thinking, depth, said)),
        Value::Object(members) => {
            // Mistral's `thinking`; `reasoning` and `reasoning_text` elsewhere.
            let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
            let is_thinking = is_thinking || ["thinking", "reasoning"].iter().any(|word| kind.starts_with(word));
            let thoughts = ["thinking", "reasoning"].iter().filter_map(|name| members.get(*name)).next();
            if let Some(thoughts) = thoughts {
                add_parts(thoughts, true, depth, said);
            } else if let Some(text) = ["text", "value", "refusal"].iter().find_map(|name| members.get(*name)) {
                add_parts(text, is_thinking, depth, said);
            }
        }
        _ => {}
    }
}

/// A count, as a number or as a text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64().filter(|number| *number >= 0.0 && *number < 9e15)?;
            Some(number as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// How servers write that there is no error.
fn is_nothing(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(errors) => errors.iter().all(is_nothing),
        Value::Object(members) => members.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) => false,
    }
}

#[cfg(test)]
mod tests;
