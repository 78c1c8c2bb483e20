//! How long the upstream may be silent.

use std::time::Instant;

use super::*;

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn without_a_first_token_in_time_it_is_given_up_and_closed() {
    for scenario in ["/no-head", "/no-first-token", "/pings 20"] {
        let asker = Asker::start_with(|settings| settings.timeouts.first_token = SHORT).await;
        let asked = Instant::now();
        asker.ask(scenario).await.is("", Err(UpstreamError::Timeout));
        assert!(asked.elapsed() >= SHORT, "{scenario}");
        asker.until_closed().await;
        assert_eq!(asker.requests().await.len(), 1, "whoever waited so long is not made to wait again");
    }
}

#[tokio::test]
async fn an_answer_that_stalls_is_given_up_after_the_idle_time_and_closed() {
    let asker = Asker::start_with(|settings| settings.timeouts.idle = SHORT).await;
    asker.ask("/stall").await.is(SOME_WORDS, Err(UpstreamError::Timeout));
    asker.until_closed().await;
}

#[tokio::test]
async fn the_idle_time_does_not_count_before_the_first_token_nor_for_the_whole() {
    // 20 pauses of 100 ms.
    let asker = Asker::start_with(|settings| settings.timeouts.idle = 3 * SHORT).await;
    asker.play("answer", 100, 1).await;
    let asked = Instant::now();
    let heard = asker.ask("one two three four five six seven eight nine ten").await;
    assert_eq!(heard.end, Ok(Some(FinishReason::Complete)));
    assert!(asked.elapsed() > 5 * SHORT);
}

#[tokio::test]
async fn a_slow_reader_is_not_the_upstreams_fault() {
    let asker = Asker::start_with(|settings| settings.timeouts.idle = SHORT).await;
    let mut events = asker.begin("/tokens 100").await.unwrap();
    tokio::time::sleep(2 * SHORT).await;
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event.unwrap());
    }
    assert_eq!(last, Some(UpstreamEvent::Finished(FinishReason::Complete)));
}

#[tokio::test]
async fn retries_have_no_first_token_time_of_their_own() {
    let asker = Asker::start_with(|settings| settings.timeouts.first_token = 3 * SHORT).await;
    asker.play("rate-limited", 1, 0).await;
    let asked = Instant::now();
    let retry_after = Some(Duration::from_secs(1));
    asker.ask("hello").await.is("", Err(UpstreamError::Limit { retry_after }));
    assert!(asked.elapsed() < 3 * SHORT, "there is no waiting for what would come too late");
}
