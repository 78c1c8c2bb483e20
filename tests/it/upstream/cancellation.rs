//! A reader who leaves closes the connection to the upstream, and a slow reader slows it down.

use super::*;

/// More than the buffers of sockets and HTTP hold.
const BOUND: u64 = 32 * 1024 * 1024;

#[tokio::test]
async fn dropping_the_request_closes_the_connection_before_the_first_token() {
    for scenario in ["/no-head", "/no-first-token", "/pings"] {
        let upstream = TestUpstream::start().await;
        let mut question = Box::pin(upstream.begin(scenario));
        tokio::select! {
            _ = &mut question => panic!("{scenario} was answered"),
            () = wait_until("it is asked", async || !upstream.requests().await.is_empty()) => {}
        }
        drop(question);
        upstream.wait_until_closed().await;
    }
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection_in_the_middle() {
    for scenario in ["/stall", "/flood", "/answer 50"] {
        let upstream = TestUpstream::start().await;
        let mut events = upstream.begin(scenario).await.unwrap();
        assert!(matches!(events.next().await, Some(Ok(UpstreamEvent::Delta(_)))));
        drop(events);
        upstream.wait_until_closed().await;
    }
}

#[tokio::test]
async fn a_failed_answer_closes_its_connection_while_its_stream_is_held() {
    let upstream = TestUpstream::start_with(|settings| settings.timeouts.idle = Duration::from_millis(100)).await;
    let mut events = upstream.begin("/stall").await.unwrap();
    while let Some(Ok(_)) = events.next().await {}
    upstream.wait_until_closed().await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_paused_reader_puts_back_pressure_on_the_upstream() {
    let upstream = TestUpstream::start().await;
    let mut events = upstream.begin("/flood").await.unwrap();
    let written = async || upstream.request().await["written_bytes"].as_u64().unwrap();
    // Nothing announces that the upstream is blocked: it is when it writes nothing for a while, in which it could write
    // far more.
    let mut before = written().await;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = written().await;
        assert!(now < BOUND, "{now} bytes were read from the upstream ahead of the reader");
        if now == before {
            break;
        }
        before = now;
    }
    // It continues from there, and nothing is lost.
    let mut words = String::new();
    while words.len() < 200_000 {
        match events.next().await {
            Some(Ok(UpstreamEvent::Delta(text))) => words.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    let numbers = words.split_whitespace().map(|word| word.parse::<u64>().unwrap());
    assert!(numbers.zip(1..).all(|(number, expected)| number == expected));
    wait_until("the upstream writes on", async || written().await > before).await;
}
