//! The events of each kind of stream.

use super::*;

const COMPLETE: Result<Option<FinishReason>, UpstreamError> = Ok(Some(FinishReason::Complete));
const INTERRUPTED: Result<Option<FinishReason>, UpstreamError> = Ok(None);

#[tokio::test]
async fn an_answer_comes_with_its_usage() {
    let received = TestUpstream::start().await.ask("Is anybody “there”? 🦀").await;
    assert!(received.text.contains("You wrote: “Is anybody “there”? 🦀”."), "{received:?}");
    assert_eq!(received.usage.unwrap().input, Some(4));
    assert_eq!((received.thinking.as_str(), received.end), ("", COMPLETE));
}

#[tokio::test]
async fn the_request_contains_nothing_about_the_user() {
    let upstream = TestUpstream::start_with(|settings| settings.system_prompt = Some("Be brief.".into())).await;
    let messages =
        [(Role::User, "a"), (Role::Assistant, "b"), (Role::User, "/empty")].map(|(role, text)| message(role, text));
    upstream.ask_with_history(messages.to_vec()).await.assert_is("", COMPLETE);
    let request = upstream.request().await;
    let messages = [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "/empty")]
        .map(|(role, content)| json!({ "role": role, "content": content }));
    let body = json!({
        "model": "mock", "messages": messages, "stream": true, "stream_options": { "include_usage": true },
    });
    assert_eq!(request["body"], body);
    assert_eq!((&request["path"], &request["credential"]), (&json!("/v1/chat/completions"), &json!("bearer")));
}

#[tokio::test]
async fn azure_requests_use_the_deployment_path_and_the_api_key_header() {
    let upstream = TestUpstream::start_with(|settings| {
        settings.base_url.set_path("");
        settings.style = ApiStyle::Azure { api_version: "2024-10-21".into() };
    })
    .await;
    assert!(upstream.ask("hello").await.text.contains("hello"));
    let request = upstream.request().await;
    assert_eq!(request["path"], "/openai/deployments/mock/chat/completions?api-version=2024-10-21");
    assert_eq!(request["credential"], "api-key");
}

#[tokio::test]
async fn reasoning_is_separated_from_the_answer() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/reasoning", "/reasoning-content"] {
        let received = upstream.ask(scenario).await;
        received.assert_is(SOME_WORDS, COMPLETE);
        assert_eq!(received.thinking, "Let me think.", "{scenario}");
    }
}

#[tokio::test]
async fn usage_may_be_in_every_chunk_or_nowhere() {
    let upstream = TestUpstream::start().await;
    for (scenario, usage) in [("/usage-along", Some((Some(1), Some(4)))), ("/no-usage", None)] {
        let received = upstream.ask(scenario).await;
        received.assert_is(SOME_WORDS, COMPLETE);
        assert_eq!(received.usage.map(|usage| (usage.input, usage.output)), usage, "{scenario}");
    }
}

#[tokio::test]
async fn unusual_framing_and_chunks_are_accepted() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/odd-chunks", "/crlf", "/bom", "/multi-line"] {
        upstream.ask(scenario).await.assert_is(SOME_WORDS, COMPLETE);
    }
}

#[tokio::test]
async fn characters_that_are_split_across_chunks_arrive_whole() {
    TestUpstream::start().await.ask("/split-utf8").await.assert_is("Été, naïve 日本 🦀 ", COMPLETE);
}

#[tokio::test]
async fn an_empty_answer_is_complete_if_the_upstream_says_so() {
    let upstream = TestUpstream::start().await;
    upstream.ask("/empty").await.assert_is("", COMPLETE);
    upstream.ask("/tool-calls").await.assert_is("", COMPLETE);
}

#[tokio::test]
async fn a_truncated_or_filtered_answer_says_so() {
    let upstream = TestUpstream::start().await;
    upstream.ask("/length").await.assert_is(SOME_WORDS, Ok(Some(FinishReason::Length)));
    upstream.ask("/content-filter").await.assert_is(SOME_WORDS, Ok(Some(FinishReason::Filtered)));
}

#[tokio::test]
async fn a_finish_reason_completes_an_answer_even_if_the_stream_breaks_afterwards() {
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.idle = Duration::from_millis(200)).await;
    upstream.ask("/finish-without-done").await.assert_is(SOME_WORDS, COMPLETE);
    upstream.ask("/finish-and-stall").await.assert_is(SOME_WORDS, COMPLETE);
}

#[tokio::test]
async fn an_answer_without_a_finish_reason_is_interrupted() {
    let upstream = TestUpstream::start().await;
    for scenario in ["/cut", "/done-without-finish", "/unknown-finish"] {
        upstream.ask(scenario).await.assert_is(SOME_WORDS, INTERRUPTED);
    }
}

#[tokio::test]
async fn a_broken_answer_keeps_its_text_and_reports_the_error() {
    let upstream = TestUpstream::start().await;
    for (scenario, error) in [
        ("/broken", UpstreamError::Network),
        ("/error-frame", UpstreamError::Upstream),
        ("/error-frame-with-choices", UpstreamError::Limit { retry_after: None }),
        ("/bare-error", UpstreamError::Limit { retry_after: None }),
        ("/oversized", UpstreamError::Upstream),
    ] {
        upstream.ask(scenario).await.assert_is(SOME_WORDS, Err(error));
    }
    assert_eq!(upstream.requests().await.len(), 5, "nothing is asked again once there was a word");
}

#[tokio::test]
async fn a_hundred_thousand_tokens_at_full_speed_arrive_all_and_in_order() {
    let received = TestUpstream::start().await.ask("/tokens").await;
    assert!(received.text.split_whitespace().map(|word| word.parse::<u32>().unwrap()).eq(1..=100_000));
    assert_eq!((received.usage.unwrap().output, received.end), (Some(100_000), COMPLETE));
}

#[tokio::test]
async fn sources_beside_the_text_are_links_at_its_end() {
    let received = TestUpstream::start().await.ask("/citations").await;
    let sources = "\n\n**Sources**\n\n1. [Latches and mutexes](<https://docs.example/latches>)\n";
    received.assert_is(&format!("{SOME_WORDS}{sources}"), COMPLETE);
    assert_eq!(received.usage.unwrap().output, Some(4));
}
