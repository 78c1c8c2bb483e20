//! From the endpoints of the chat to the connection to the upstream.

use std::sync::Arc;

use oracle_ai::wire::chat::EndReason;

use super::*;
use crate::support::chat_client::{ChatClient, end_reason};

async fn start() -> (TestUpstream, ChatClient) {
    let upstream = TestUpstream::start().await;
    let completions = ChatCompletions::new(settings(&upstream.mock.base_url()), Environment::system()).unwrap();
    let client = ChatClient::asking(Arc::new(completions)).await;
    (upstream, client)
}

#[tokio::test]
async fn stop_closes_the_connection_to_the_upstream() {
    for scenario in ["/no-head", "/no-first-token", "/stall"] {
        let (upstream, client) = start().await;
        let (stream, _, answer) = client.ask(scenario).await;
        wait_until("it is asked", async || !upstream.requests().await.is_empty()).await;
        client.stop(&answer).await.assert_ok();
        upstream.wait_until_closed().await;
        assert_eq!(end_reason(&stream.rest().await), EndReason::Stopped, "{scenario}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_its_connection_closed() {
    let (upstream, client) = start().await;
    let (stream, ..) = client.ask("/flood").await;
    assert_eq!(end_reason(&stream.rest().await), EndReason::Length);
    upstream.wait_until_closed().await;
}
