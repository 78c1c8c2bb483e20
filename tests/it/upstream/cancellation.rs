//! Whoever stops reading stops the upstream, and whoever reads slowly slows it down.

use std::time::Instant;

use super::*;

/// An answer that is stopped stops at the upstream within this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// More than sockets' and HTTP's own buffers hold; a flood fills it in a moment.
const BOUND: u64 = 32 * 1024 * 1024;

#[tokio::test]
async fn dropping_the_question_closes_the_connection_before_the_first_token() {
    for scenario in ["/no-head", "/no-first-token", "/pings"] {
        let asker = Asker::start().await;
        let mut question = Box::pin(asker.begin(scenario));
        tokio::select! {
            _ = &mut question => panic!("{scenario} was answered"),
            () = until("it is asked", async || !asker.requests().await.is_empty()) => {}
        }
        let dropped = Instant::now();
        drop(question);
        asker.until_closed().await;
        assert!(dropped.elapsed() < AT_ONCE, "{scenario}: {:?}", dropped.elapsed());
    }
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection_in_the_middle() {
    for scenario in ["/stall", "/flood", "/answer 50"] {
        let asker = Asker::start().await;
        let mut events = asker.begin(scenario).await.unwrap();
        assert!(matches!(events.next().await, Some(Ok(UpstreamEvent::Delta(_)))));
        let dropped = Instant::now();
        drop(events);
        asker.until_closed().await;
        assert!(dropped.elapsed() < AT_ONCE, "{scenario}: {:?}", dropped.elapsed());
    }
}

#[tokio::test]
async fn an_answer_that_failed_is_closed_though_its_stream_is_held() {
    let asker = Asker::start_with(|settings| settings.timeouts.idle = Duration::from_millis(100)).await;
    let mut events = asker.begin("/stall").await.unwrap();
    while let Some(Ok(_)) = events.next().await {}
    asker.until_closed().await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_reader_who_pauses_holds_the_upstream_back() {
    let asker = Asker::start().await;
    let mut events = asker.begin("/flood").await.unwrap();
    let written = async || asker.request().await["written_bytes"].as_u64().unwrap();
    // It has come to rest when it stays as it is for a while; what a flood writes in that time would be far more.
    let mut before = written().await;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = written().await;
        assert!(now < BOUND, "{now} bytes were taken from the upstream for nobody");
        if now == before {
            break;
        }
        before = now;
    }
    // And it goes on from there, with nothing lost.
    let mut words = String::new();
    while words.len() < 200_000 {
        match events.next().await {
            Some(Ok(UpstreamEvent::Delta(text))) => words.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    let numbers = words.split_whitespace().map(|word| word.parse::<u64>().unwrap());
    assert!(numbers.zip(1..).all(|(number, expected)| number == expected));
    until("the upstream writes on", async || written().await > before).await;
}
