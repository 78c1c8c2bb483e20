//! `chat.completion.chunk`, as servers really send it: unknown members are ignored, and known ones may be missing, null,
//! or of another type.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::TokenUsage;

#[derive(Debug, Default, Deserialize)]
pub struct Chunk {
    /// Empty in the first chunk of Azure, and in the one with the usage.
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
    /// `error` in older versions of vLLM, where the chunk itself is the error object.
    #[serde(default, deserialize_with = "lenient")]
    object: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    index: Option<u64>,
    /// Missing where Azure sends offsets of its content filter.
    #[serde(default, deserialize_with = "lenient")]
    delta: Option<Delta>,
    #[serde(default, deserialize_with = "lenient")]
    finish_reason: Option<String>,
}

/// Tool calls are ignored, since we offer no tools.
#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "lenient")]
    content: Option<Content>,
    /// In place of `content` if the model declines.
    #[serde(default, deserialize_with = "lenient")]
    refusal: Option<String>,
    /// Ollama and newer versions of vLLM.
    #[serde(default, deserialize_with = "lenient")]
    reasoning: Option<String>,
    /// llama.cpp, DeepSeek and older versions of vLLM. Some servers send both.
    #[serde(default, deserialize_with = "lenient")]
    reasoning_content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default, deserialize_with = "lenient")]
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: Option<u64>,
}

impl Chunk {
    pub fn parse(data: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(data)
    }

    /// The error of a failed answer. Choices beside it are ignored.
    pub fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }

    /// Whether the chunk itself is the error.
    pub fn is_error(&self) -> bool {
        self.object.as_deref() == Some("error")
    }

    pub fn thinking(&self) -> Option<&str> {
        let delta = self.delta()?;
        [&delta.reasoning_content, &delta.reasoning].into_iter().flatten().map(String::as_str).find(not_empty)
    }

    pub fn text(&self) -> Option<String> {
        let delta = self.delta()?;
        let content = match &delta.content {
            Some(Content::Text(text)) => Some(text.clone()),
            Some(Content::Parts(parts)) => Some(parts.iter().filter_map(|part| part.text.as_deref()).collect()),
            None => None,
        };
        [content, delta.refusal.clone()].into_iter().flatten().find(|text| !text.is_empty())
    }

    pub fn finish_reason(&self) -> Option<&str> {
        self.choice()?.finish_reason.as_deref().filter(not_empty)
    }

    pub fn usage(&self) -> Option<TokenUsage> {
        let usage = self.usage.as_ref()?;
        let usage = TokenUsage { input: usage.prompt_tokens, output: usage.completion_tokens };
        (usage != TokenUsage::default()).then_some(usage)
    }

    fn delta(&self) -> Option<&Delta> {
        self.choice()?.delta.as_ref()
    }

    /// We request only one choice.
    fn choice(&self) -> Option<&Choice> {
        self.choices.iter().flatten().find(|choice| choice.index.unwrap_or(0) == 0)
    }
}

fn not_empty(text: &&str) -> bool {
    !text.is_empty()
}

/// A value of another type counts as missing.
fn lenient<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(json: &str) -> Chunk {
        Chunk::parse(&format!(r#"{{"choices":[{{"index":0,"delta":{json}}}]}}"#)).unwrap()
    }

    #[test]
    fn members_of_another_type_count_as_missing() {
        for json in ["null", "[]", "7", "{}", r#"{"content":null}"#, r#"{"content":7,"reasoning":{"a":1}}"#] {
            let chunk = delta(json);
            assert_eq!((chunk.text(), chunk.thinking()), (None, None), "{json}");
        }
        let chunk =
            Chunk::parse(r#"{"choices":null,"usage":"none","error":null,"object":1,"obfuscation":"x"}"#).unwrap();
        assert_eq!((chunk.usage(), chunk.error(), chunk.is_error()), (None, None, false));
    }

    #[test]
    fn text_comes_whole_or_in_parts_or_as_a_refusal() {
        for json in [
            r#"{"content":"ab"}"#,
            r#"{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}"#,
            r#"{"content":null,"refusal":"ab"}"#,
            r#"{"content":"","refusal":"ab"}"#,
        ] {
            assert_eq!(delta(json).text().as_deref(), Some("ab"), "{json}");
        }
    }

    #[test]
    fn reasoning_that_is_sent_twice_counts_once() {
        let both = delta(r#"{"reasoning":"hm","reasoning_content":"hm"}"#);
        assert_eq!(both.thinking(), Some("hm"));
    }

    #[test]
    fn only_the_first_choice_counts_wherever_it_is() {
        let json = r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}"#;
        assert_eq!(Chunk::parse(json).unwrap().text().as_deref(), Some("a"));
    }
}
