//! Errors of the upstream, and retries.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn each_error_status_has_its_meaning_and_is_not_retried() {
    let upstream = TestUpstream::start().await;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (scenario, error) in [
        ("/unauthorized", UpstreamError::Auth),
        ("/rate-limited 30", UpstreamError::Limit { retry_after: seconds(30) }),
        ("/quota", UpstreamError::Limit { retry_after: None }),
        ("/unavailable 60", UpstreamError::Busy { retry_after: seconds(60) }),
        ("/too-long", UpstreamError::TooLong),
        ("/policy-violation", UpstreamError::Filtered),
        ("/no-model", UpstreamError::Misconfigured),
        ("/redirect", UpstreamError::Misconfigured),
        ("/page", UpstreamError::Upstream),
        ("/error-document", UpstreamError::Limit { retry_after: None }),
    ] {
        upstream.ask(scenario).await.assert_is("", Err(error));
    }
    assert_eq!(upstream.requests().await.len(), 10);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_is_in_no_url() {
    let upstream = TestUpstream::start_with(|settings| settings.api_key = Some(ApiKey::new("wrong"))).await;
    upstream.ask("hello").await.assert_is("", Err(UpstreamError::Auth));
    let upstream = TestUpstream::start_with(|settings| settings.api_key = None).await;
    upstream.ask("hello").await.assert_is("", Err(UpstreamError::Auth));
    assert_eq!(upstream.request().await["credential"], Value::Null);
}

#[tokio::test]
async fn an_upstream_that_rejects_stream_options_is_called_without_them_from_then_on() {
    let upstream = TestUpstream::start().await;
    upstream.play("no-stream-options", 0, 0).await;
    for _ in 0..2 {
        let received = upstream.ask("hello").await;
        received.assert_is(SOME_WORDS, Ok(Some(FinishReason::Complete)));
        assert_eq!(received.usage, None);
    }
    let asked_for_usage: Vec<bool> =
        upstream.requests().await.iter().map(|request| request["body"].get("stream_options").is_some()).collect();
    assert_eq!(asked_for_usage, [true, false, false]);
}

#[tokio::test]
async fn temporary_errors_are_retried_twice() {
    let upstream = TestUpstream::start().await;
    upstream.play("rate-limited-ms", 1, 2).await;
    upstream.ask("/empty").await.assert_is("", Ok(Some(FinishReason::Complete)));
    assert_eq!(upstream.requests().await.len(), 3);

    let upstream = TestUpstream::start().await;
    upstream.play("rate-limited-ms", 1, 0).await;
    let retry_after = Some(Duration::from_millis(1));
    upstream.ask("hello").await.assert_is("", Err(UpstreamError::Limit { retry_after }));
    assert_eq!(upstream.requests().await.len(), 3);
}

#[tokio::test]
async fn retries_wait_as_long_as_retry_after_says_or_back_off() {
    let upstream = TestUpstream::start().await;
    upstream.play("rate-limited", 1, 1).await;
    // The pauses are measured, as no event marks them. A slow machine only makes them longer.
    let asked = Instant::now();
    upstream.ask("/empty").await.assert_is("", Ok(Some(FinishReason::Complete)));
    assert!(asked.elapsed() >= Duration::from_secs(1));

    let upstream = TestUpstream::start().await;
    upstream.play("server-error", 0, 0).await;
    let asked = Instant::now();
    upstream.ask("hello").await.assert_is("", Err(UpstreamError::Upstream));
    // With jitter: at least three quarters of 0.5 s and of 1 s.
    assert!(asked.elapsed() >= Duration::from_millis(1125));
    assert_eq!(upstream.requests().await.len(), 3);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_first_token_is_retried() {
    let upstream = TestUpstream::start().await;
    upstream.play("broken-early", 0, 1).await;
    upstream.ask("/empty").await.assert_is("", Ok(Some(FinishReason::Complete)));
    assert_eq!(upstream.requests().await.len(), 2);
}

#[tokio::test]
async fn an_answer_without_anything_is_retried_like_a_lost_connection_at_the_same_point() {
    let upstream = TestUpstream::start().await;
    upstream.play("bare-done", 0, 1).await;
    upstream.ask("/empty").await.assert_is("", Ok(Some(FinishReason::Complete)));
    assert_eq!(upstream.requests().await.len(), 2);

    let upstream = TestUpstream::start().await;
    upstream.ask("/bare-done").await.assert_is("", Err(UpstreamError::Upstream));
    assert_eq!(upstream.requests().await.len(), 3);
}

#[tokio::test]
async fn a_refusal_has_the_upstreams_own_message_without_our_key() {
    let upstream = TestUpstream::start().await;
    let refusal = upstream.completions.try_out("/no-model").await.unwrap_err();
    assert_eq!(refusal.error, UpstreamError::Misconfigured);
    assert!(
        refusal.to_string().ends_with("our requests: The mock upstream is set to answer model_not_found."),
        "{refusal}"
    );
    let refusal = upstream.completions.try_out("/echo").await.unwrap_err();
    assert_eq!(refusal.error, UpstreamError::Auth);
    assert!(refusal.to_string().contains("Incorrect API key provided"), "{refusal}");
    assert!(!refusal.to_string().contains(API_KEY), "{refusal}");
    assert_eq!(upstream.completions.try_out("/empty").await, Ok(()));
}

#[tokio::test]
async fn an_unreachable_upstream_is_a_network_error() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let completions = ChatCompletions::new(settings(&format!("http://{nobody}/v1")), Environment::system()).unwrap();
    let answer = completions.answer(vec![message(Role::User, "hello")], &asker()).await;
    assert_eq!(answer.err(), Some(UpstreamError::Network));
}
