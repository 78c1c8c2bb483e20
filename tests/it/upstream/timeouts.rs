//! Timeouts: until the first token, and between tokens.

use super::*;

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn without_a_first_token_in_time_the_request_times_out_and_is_closed() {
    for scenario in ["/no-head", "/no-first-token", "/pings 20"] {
        let upstream = TestUpstream::start_with(|settings| settings.timeouts.first_token = SHORT).await;
        upstream.ask(scenario).await.assert_is("", Err(UpstreamError::Timeout));
        upstream.wait_until_closed().await;
        assert_eq!(upstream.requests().await.len(), 1, "a timeout is not retried");
    }
}

#[tokio::test]
async fn a_stalled_answer_times_out_and_is_closed() {
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.idle = SHORT).await;
    upstream.ask("/stall").await.assert_is(SOME_WORDS, Err(UpstreamError::Timeout));
    upstream.wait_until_closed().await;
}

#[tokio::test]
async fn the_idle_timeout_applies_only_between_tokens() {
    // The mock pauses 20 times, for 100 ms each: together longer than the idle timeout.
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.idle = 3 * SHORT).await;
    upstream.play("answer", 100, 1).await;
    let received = upstream.ask("one two three four five six seven eight nine ten").await;
    assert_eq!(received.end, Ok(Some(FinishReason::Complete)));
}

#[tokio::test]
async fn a_slow_reader_does_not_run_into_the_idle_timeout() {
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.idle = SHORT).await;
    let mut events = upstream.begin("/tokens 100").await.unwrap();
    // An answer that is read later runs into the idle timeout.
    upstream.ask("/stall").await.assert_is(SOME_WORDS, Err(UpstreamError::Timeout));
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event.unwrap());
    }
    assert_eq!(last, Some(UpstreamEvent::Finished(FinishReason::Complete)));
}

#[tokio::test]
async fn retries_share_one_first_token_timeout() {
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.first_token = 3 * SHORT).await;
    upstream.play("rate-limited", 1, 0).await;
    let retry_after = Some(Duration::from_secs(1));
    upstream.ask("hello").await.assert_is("", Err(UpstreamError::Limit { retry_after }));
    assert_eq!(upstream.requests().await.len(), 1, "there is no retry after the timeout");
}
