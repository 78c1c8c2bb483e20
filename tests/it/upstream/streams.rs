//! What comes out of each stream.

use super::*;

const COMPLETE: Result<Option<FinishReason>, UpstreamError> = Ok(Some(FinishReason::Complete));
const INTERRUPTED: Result<Option<FinishReason>, UpstreamError> = Ok(None);

#[tokio::test]
async fn a_question_is_answered_with_its_usage() {
    let heard = Asker::start().await.ask("Is anybody “there”? 🦀").await;
    assert!(heard.text.contains("You wrote: “Is anybody “there”? 🦀”."), "{heard:?}");
    assert_eq!(heard.usage.unwrap().input, Some(4));
    assert_eq!((heard.thinking.as_str(), heard.end), ("", COMPLETE));
}

#[tokio::test]
async fn the_request_says_what_is_needed_and_nothing_about_the_person() {
    let asker = Asker::start_with(|settings| settings.system_prompt = Some("Be brief.".into())).await;
    let messages =
        [(Role::User, "a"), (Role::Assistant, "b"), (Role::User, "/empty")].map(|(role, text)| message(role, text));
    asker.ask_about(messages.to_vec()).await.is("", COMPLETE);
    let request = asker.request().await;
    let messages = [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "/empty")]
        .map(|(role, content)| json!({ "role": role, "content": content }));
    let body = json!({
        "model": "mock", "messages": messages, "stream": true, "stream_options": { "include_usage": true },
    });
    assert_eq!(request["body"], body);
    assert_eq!((&request["path"], &request["credential"]), (&json!("/v1/chat/completions"), &json!("bearer")));
}

#[tokio::test]
async fn azure_is_asked_at_the_deployments_path_with_its_own_header() {
    let asker = Asker::start_with(|settings| {
        settings.base_url.set_path("");
        settings.style = ApiStyle::Azure { api_version: "2024-10-21".into() };
    })
    .await;
    assert!(asker.ask("hello").await.text.contains("hello"));
    let request = asker.request().await;
    assert_eq!(request["path"], "/openai/deployments/mock/chat/completions?api-version=2024-10-21");
    assert_eq!(request["credential"], "api-key");
}

#[tokio::test]
async fn reasoning_is_told_apart_from_the_answer() {
    let asker = Asker::start().await;
    for scenario in ["/reasoning", "/reasoning-content"] {
        let heard = asker.ask(scenario).await;
        heard.is(SOME_WORDS, COMPLETE);
        assert_eq!(heard.thinking, "Let me think.", "{scenario}");
    }
}

#[tokio::test]
async fn usage_may_be_in_every_chunk_or_nowhere() {
    let asker = Asker::start().await;
    for (scenario, usage) in [("/usage-along", Some((Some(1), Some(4)))), ("/no-usage", None)] {
        let heard = asker.ask(scenario).await;
        heard.is(SOME_WORDS, COMPLETE);
        assert_eq!(heard.usage.map(|usage| (usage.input, usage.output)), usage, "{scenario}");
    }
}

#[tokio::test]
async fn odd_framing_and_odd_chunks_change_nothing() {
    let asker = Asker::start().await;
    for scenario in ["/odd-chunks", "/crlf", "/bom", "/multi-line"] {
        asker.ask(scenario).await.is(SOME_WORDS, COMPLETE);
    }
}

#[tokio::test]
async fn letters_arrive_whole_though_their_bytes_come_one_by_one() {
    Asker::start().await.ask("/split-utf8").await.is("Été, naïve 日本 🦀 ", COMPLETE);
}

#[tokio::test]
async fn an_answer_without_a_word_is_whole_if_the_upstream_says_so() {
    let asker = Asker::start().await;
    asker.ask("/empty").await.is("", COMPLETE);
    asker.ask("/tool-calls").await.is("", COMPLETE);
}

#[tokio::test]
async fn an_answer_that_was_cut_or_withheld_says_so() {
    let asker = Asker::start().await;
    asker.ask("/length").await.is(SOME_WORDS, Ok(Some(FinishReason::Length)));
    asker.ask("/content-filter").await.is(SOME_WORDS, Ok(Some(FinishReason::Filtered)));
}

#[tokio::test]
async fn a_finish_reason_makes_an_answer_whole_whatever_follows() {
    let asker = Asker::start_with(|settings| settings.timeouts.idle = Duration::from_millis(200)).await;
    asker.ask("/finish-without-done").await.is(SOME_WORDS, COMPLETE);
    asker.ask("/finish-and-stall").await.is(SOME_WORDS, COMPLETE);
}

#[tokio::test]
async fn an_answer_that_just_stops_was_interrupted() {
    let asker = Asker::start().await;
    for scenario in ["/cut", "/done-without-finish", "/unknown-finish"] {
        asker.ask(scenario).await.is(SOME_WORDS, INTERRUPTED);
    }
    asker.ask("/bare-done").await.is("", INTERRUPTED);
}

#[tokio::test]
async fn an_answer_that_breaks_keeps_what_was_said_and_tells_why_it_ends() {
    let asker = Asker::start().await;
    for (scenario, error) in [
        ("/broken", UpstreamError::Network),
        ("/error-frame", UpstreamError::Upstream),
        ("/error-frame-with-choices", UpstreamError::Limit { retry_after: None }),
        ("/garbage", UpstreamError::Upstream),
        ("/oversized", UpstreamError::Upstream),
    ] {
        asker.ask(scenario).await.is(SOME_WORDS, Err(error));
    }
    assert_eq!(asker.requests().await.len(), 5, "nothing is asked again once there was a word");
}

#[tokio::test]
async fn a_hundred_thousand_tokens_at_full_speed_arrive_all_and_in_order() {
    let heard = Asker::start().await.ask("/tokens").await;
    assert!(heard.text.split_whitespace().map(|word| word.parse::<u32>().unwrap()).eq(1..=100_000));
    assert_eq!((heard.usage.unwrap().output, heard.end), (Some(100_000), COMPLETE));
}
