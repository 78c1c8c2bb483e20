//! How much a server does at a time, by its settings: a server process with other values than the defaults.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use oracle_ai::server::store::MemoryStore;
use serde_json::json;

use crate::support::{
    app::{self, TestApp},
    browser::Browser,
    chat_client::send_as,
    provider::MockProvider,
    server_process::ServerProcess,
};

/// A server with these variables, and a browser at it.
async fn start(variables: &[(&str, &str)]) -> (ServerProcess, Browser) {
    let provider = MockProvider::shared();
    let variables = [&[("DATABASE_URL", "sqlite::memory:"), ("MOCK_UPSTREAM_ADDR", "127.0.0.1:0")], variables].concat();
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let app = TestApp::remote(server.port, provider.settings(), app::storage(Arc::new(MemoryStore::new())));
    (server, Browser::at(app, provider))
}

/// A message to a model that never ends its answer.
fn message(browser: &Browser, access_token: &str, conversation: &str) -> Request<Body> {
    let message = send_as(conversation, "/stall", conversation).to_string();
    let request = browser.request(Method::POST, "/api/chat", Some(access_token));
    request.header(header::CONTENT_TYPE, "application/json").body(message.into()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_writes_as_many_answers_at_a_time_as_its_settings_say() {
    // T106
    let (_server, one) = start(&[("ANSWERS_PER_PERSON", "1"), ("MAX_ANSWERS", "2")]).await;
    let (two, three) = (one.other_user(), one.other_user());
    let tokens = [one.sign_in().await, two.sign_in().await, three.sign_in().await].map(|it| it.access_token);

    let _of_one = one.app.open(message(&one, &tokens[0], "a")).await;
    one.app.send(message(&one, &tokens[0], "b")).await.assert_refused(429, "too_many_requests");
    let _of_two = two.app.open(message(&two, &tokens[1], "c")).await;
    three.app.send(message(&three, &tokens[2], "d")).await.assert_refused(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_is_given_up_after_the_configured_time() {
    // T22
    let (_server, browser) = start(&[("OIDC_TIMEOUT", "1")]).await;
    browser.start_login().await;
    browser.set(json!({ "token_faults": [{ "kind": "slow", "ms": 60_000 }] })).await;
    let begun = Instant::now();
    browser.login().await.assert_refused(502, "provider_unavailable");
    assert!(begun.elapsed() < Duration::from_secs(10), "it waited as long as by default: {:?}", begun.elapsed());
}
