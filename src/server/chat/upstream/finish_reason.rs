//! Why a model has stopped, in the words of each server.

use super::FinishReason;

/// What a server means by its finish reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Finished(FinishReason),
    /// The server failed.
    Failed,
    /// The server gave up because the answer took too long.
    TimedOut,
    /// The answer goes on: in place of null.
    NotFinished,
}

const COMPLETE: Meaning = Meaning::Finished(FinishReason::Complete);
const LENGTH: Meaning = Meaning::Finished(FinishReason::Length);
const FILTERED: Meaning = Meaning::Finished(FinishReason::Filtered);

/// The words, as [`normalized`]. The sources are the references of each API, under `finish_reason` or `stop_reason`:
///
/// | server | source | words |
/// |---|---|---|
/// | OpenAI, Azure OpenAI | chat completion object | `stop`, `length`, `tool_calls`, `function_call`, `content_filter` |
/// | Azure AI Model Inference | `CompletionsFinishReason` | `stopped`, `token_limit_reached`, `content_filtered` |
/// | Anthropic | Messages, `stop_reason` | `end_turn`, `stop_sequence`, `tool_use`, `max_tokens`, `model_context_window_exceeded`, `refusal` |
/// | Amazon Bedrock | Converse, `stopReason`; Titan, `completionReason` | Anthropic's, and `guardrail_intervened`, `content_filtered`; `FINISH`, `FINISHED`, `LENGTH`, `CONTENT_FILTERED` |
/// | Bedrock, AI21 | Jurassic, `finishReason` | `endoftext` |
/// | Gemini, Vertex AI | `Candidate.FinishReason` | `STOP`, `MAX_TOKENS`; all others with a policy as their reason |
/// | Mistral | chat completion choice | `stop`, `length`, `model_length`, `tool_calls`, `error` |
/// | Cohere | Chat v1 and v2 | `COMPLETE`, `STOP_SEQUENCE`, `MAX_TOKENS`, `TOOL_CALL`, `ERROR_LIMIT`, `ERROR_TOXIC`, `ERROR`, `TIMEOUT` |
/// | Text Generation Inference, watsonx | `FinishReason`; `stop_reason` | `eos_token`, `stop_sequence`, `length`; `max_tokens`, `token_limit`, `time_limit`, `error`, `not_finished` |
/// | Together | chat completion choice | `eos`, `stop`, `length`, `tool_calls` |
/// | vLLM, SGLang | `FinishReason` | `stop`, `length`, `error` (`abort` is no end of an answer) |
/// | Ollama | `done_reason` | `stop`, `length` (`load` and `unload` come without an answer) |
/// | llama.cpp | `stop_type` | `eos`, `word`, `limit`, `none` |
/// | LM Studio | `LLMPredictionStopReason` | `eosFound`, `stopStringFound`, `maxPredictedTokensReached`, `contextLengthReached`, `failed` |
/// | Zhipu, DashScope | chat completion choice | `sensitive`, `network_error`; `null` as a text |
const WORDS: &[(&str, Meaning)] = &[
    ("stop", COMPLETE),
    ("stopped", COMPLETE),
    ("stop_sequence", COMPLETE),
    ("stop_token", COMPLETE),
    ("stopstringfound", COMPLETE),
    ("eos", COMPLETE),
    ("eos_token", COMPLETE),
    ("eosfound", COMPLETE),
    ("endoftext", COMPLETE),
    ("end_turn", COMPLETE),
    ("word", COMPLETE),
    ("complete", COMPLETE),
    ("completed", COMPLETE),
    ("finish", COMPLETE),
    ("finished", COMPLETE),
    // We offer no tools, so a tool call can only end the answer.
    ("tool_calls", COMPLETE),
    ("tool_call", COMPLETE),
    ("tool_use", COMPLETE),
    ("toolcalls", COMPLETE),
    ("function_call", COMPLETE),
    ("length", LENGTH),
    ("limit", LENGTH),
    ("max_tokens", LENGTH),
    ("max_output_tokens", LENGTH),
    ("max_completion_tokens", LENGTH),
    ("max_length", LENGTH),
    ("maxpredictedtokensreached", LENGTH),
    ("model_length", LENGTH),
    ("model_context_window_exceeded", LENGTH),
    ("context_length", LENGTH),
    ("context_length_exceeded", LENGTH),
    ("contextlengthreached", LENGTH),
    ("token_limit", LENGTH),
    ("token_limit_reached", LENGTH),
    ("error_limit", LENGTH),
    ("content_filter", FILTERED),
    ("content_filtered", FILTERED),
    ("guardrail_intervened", FILTERED),
    ("refusal", FILTERED),
    ("safety", FILTERED),
    ("recitation", FILTERED),
    ("language", FILTERED),
    ("blocklist", FILTERED),
    ("prohibited_content", FILTERED),
    ("spii", FILTERED),
    ("model_armor", FILTERED),
    ("image_safety", FILTERED),
    ("image_prohibited_content", FILTERED),
    ("image_recitation", FILTERED),
    ("error_toxic", FILTERED),
    ("sensitive", FILTERED),
    ("error", Meaning::Failed),
    ("failed", Meaning::Failed),
    ("network_error", Meaning::Failed),
    ("timeout", Meaning::TimedOut),
    ("time_limit", Meaning::TimedOut),
    ("null", Meaning::NotFinished),
    ("none", Meaning::NotFinished),
    ("not_finished", Meaning::NotFinished),
];

/// What the reason means, in capitals or not; `None` for an unknown one.
pub fn meaning(reason: &str) -> Option<Meaning> {
    let reason = normalized(reason);
    WORDS.iter().find(|(word, _)| *word == reason).map(|(_, meaning)| *meaning)
}

/// In lower case, with `_` between words, and without the name of the enum: `FinishReason.MAX_TOKENS`,
/// `FINISH_REASON_STOP`.
fn normalized(reason: &str) -> String {
    let name = reason.rsplit('.').next().unwrap_or(reason).trim();
    let name = name.to_ascii_lowercase().replace(['-', ' '], "_");
    name.strip_prefix("finish_reason_").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_servers_words_have_their_meaning_in_any_case() {
        for (words, expected) in [
            ("stop eos eos_token end_turn stop_sequence STOP COMPLETE Stop EOS FinishReason.STOP FINISH", COMPLETE),
            ("tool_calls function_call tool_use TOOL_CALL tool-calls FINISH_REASON_STOP eosFound word", COMPLETE),
            ("length LENGTH MAX_TOKENS max_tokens model_length limit FinishReason.MAX_TOKENS max-tokens", LENGTH),
            ("token_limit_reached model_context_window_exceeded ERROR_LIMIT contextLengthReached", LENGTH),
            ("content_filter SAFETY RECITATION guardrail_intervened content_filtered content-filter", FILTERED),
            ("PROHIBITED_CONTENT BLOCKLIST SPII ERROR_TOXIC refusal sensitive", FILTERED),
            ("error ERROR network_error failed", Meaning::Failed),
            ("TIMEOUT time_limit", Meaning::TimedOut),
            ("null None not_finished", Meaning::NotFinished),
        ] {
            for word in words.split(' ') {
                assert_eq!(meaning(word), Some(expected), "{word}");
            }
        }
        for unknown in
            ["", "abort", "load", "OTHER", "insufficient_system_resource", "stopp", "FINISH_REASON_UNSPECIFIED"]
        {
            assert_eq!(meaning(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_table_has_each_word_once_and_normalized() {
        for (n, (word, _)) in WORDS.iter().enumerate() {
            assert_eq!(*word, normalized(word));
            assert!(WORDS[..n].iter().all(|(earlier, _)| earlier != word), "{word}");
        }
    }
}
