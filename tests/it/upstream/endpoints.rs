//! From the doors of the chat to the upstream's socket.

use std::{sync::Arc, time::Instant};

use oracle_ai::wire::chat::EndReason;

use super::*;
use crate::support::chat_client::{Chatter, ended};

async fn start() -> (Asker, Chatter) {
    let asker = Asker::start().await;
    let completions = ChatCompletions::new(settings(&asker.mock.base_url()), Environment::system()).unwrap();
    let chatter = Chatter::asking(Arc::new(completions)).await;
    (asker, chatter)
}

#[tokio::test]
async fn stop_closes_the_upstreams_socket_within_a_second() {
    for scenario in ["/no-head", "/no-first-token", "/stall"] {
        let (asker, chatter) = start().await;
        let (reading, _, answer) = chatter.ask(scenario).await;
        until("it is asked", async || !asker.requests().await.is_empty()).await;
        let stopped = Instant::now();
        chatter.stop(&answer).await.assert_ok();
        asker.until_closed().await;
        assert!(stopped.elapsed() < Duration::from_secs(1), "{scenario}: {:?}", stopped.elapsed());
        assert_eq!(ended(&reading.rest().await), EndReason::Stopped, "{scenario}");
    }
}

#[tokio::test]
async fn a_flood_is_cut_and_its_socket_closed() {
    let (asker, chatter) = start().await;
    let (reading, ..) = chatter.ask("/flood").await;
    assert_eq!(ended(&reading.rest().await), EndReason::Length);
    asker.until_closed().await;
}
