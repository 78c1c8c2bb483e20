//! Graceful shutdown of a server process: running answers, refreshes and event streams.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::{
    mock::upstream::Upstream as MockUpstream,
    server::store::MemoryStore,
    wire::chat::{ChatEvent, EndReason},
};
use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::time::timeout;

use crate::{
    replicas::{KEY, in_redis},
    support::{
        app::{TestApp, TestResponse, storage, wait_until},
        browser::Browser,
        chat_client::{ChatClient, answer_text, end_reason, message, send_as},
        provider::MockProvider,
        redis::Redis,
        server_process::ServerProcess,
    },
};

/// Half of the time after which the server stops in any case.
const AT_ONCE: Duration = Duration::from_secs(10);
/// In the log if the server stopped while something was still running.
const STOPPED_EARLY: &str = "stopped before everything had ended";
const API_KEY: &str = "sk-not-for-anyone";
/// The text that the mock upstream sends before it stalls.
const SOME_WORDS: &str = "This much was said ";

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_server_says_so_refuses_new_answers_and_lets_running_ones_end() {
    let provider = MockProvider::shared();
    let server = ServerProcess::start(&provider.issuer, &[("DRAIN_NOTICE_SECONDS", "1")]).await;
    let nowhere = storage(Arc::new(MemoryStore::new()));
    let browser = Browser::at(TestApp::remote(server.port, provider.settings(), nowhere), provider);
    let client = ChatClient::of_process(browser).await;
    // The responder repeats it, 40 words a second.
    let (mut running, ..) = client.begin(&send_as("c", &"word ".repeat(250), "k")).await;
    server.terminate();
    wait_until("it says that it drains", async || server.readiness().await == (503, "draining".into())).await;
    // It goes on as before until the balancer has noticed.
    let (late, ..) = client.begin(&send_as("d", "hello", "l")).await;
    assert_eq!(end_reason(&late.rest().await), EndReason::Complete);
    wait_until("new answers are refused", async || {
        let refused = client.post("/api/chat", &send_as("e", "hello", "m")).await;
        refused.status == 503 && refused.headers.contains_key(header::RETRY_AFTER)
    })
    .await;
    assert!(running.next().await.is_some());
    assert_eq!(end_reason(&running.rest().await), EndReason::Complete);
    let exit = server.exit().await;
    assert_eq!(exit.code, Some(0));
    assert!(!exit.log.contains(STOPPED_EARLY), "{}", exit.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_longest_time_a_running_answer_ends_as_interrupted_in_its_stream_and_in_the_store() {
    let upstream = MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap();
    let provider = MockProvider::shared();
    let base_url = upstream.base_url();
    let variables = [
        ("CHAT_BASE_URL", &*base_url),
        ("CHAT_API_KEY", API_KEY),
        ("CHAT_MODEL", "mock"),
        ("DATABASE_URL", "sqlite://chat.db?mode=rwc"),
        ("DRAIN_SECONDS", "1"),
    ];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let database = format!("sqlite:{}", server.folder().join("chat.db").display());
    let nowhere = storage(Arc::new(MemoryStore::new()));
    let browser = Browser::at(TestApp::remote(server.port, provider.settings(), nowhere), provider);
    let token = browser.sign_in().await.access_token;
    let reading = tokio::spawn(async move { ask(&browser, &token, "/stall").await });
    wait_until("the answer has begun", async || {
        stored_answer(&database).await.is_some_and(|(text, _)| text == SOME_WORDS)
    })
    .await;
    assert_eq!(stored_answer(&database).await, Some((SOME_WORDS.to_owned(), None)));

    server.terminate();
    let events = events(&reading.await.unwrap().text);
    // Read before the server's folder is removed: the end is stored before it is sent.
    assert_eq!(stored_answer(&database).await, Some((SOME_WORDS.to_owned(), Some("interrupted".to_owned()))));
    let exit = server.exit().await;
    assert_eq!(exit.code, Some(0));
    assert!(!exit.log.contains(STOPPED_EARLY), "{}", exit.log);
    assert_eq!(end_reason(&events), EndReason::Interrupted);
    assert_eq!(answer_text(&events), SOME_WORDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_refresh_is_completed_and_stored_before_the_server_stops() {
    // T44
    let (redis, server, browser) = with_redis().await;
    let before = browser.sign_in().await;
    let refreshing = hold_refresh(&browser, &before.session, 2_000).await;
    server.terminate();
    wait_until("the server accepts no new connections", async || server.status("/livez").await.is_none()).await;
    let answer = refreshing.await.unwrap();
    answer.assert_ok();
    assert_eq!(server.exit_code().await, Some(0));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(token, before.access_token);
    let next = ServerProcess::start(&browser.provider.issuer, &variables(&redis.url(), &encoded_key())).await;
    let app = TestApp::remote(next.port, browser.provider.settings(), in_redis(&redis));
    assert!(browser.with_app(app).is_accepted(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_refresh_is_stored_before_the_server_stops() {
    // T44: the refresh token in the store has been used up.
    let (_redis, server, browser) = with_redis().await;
    let session = browser.sign_in().await.session;
    let refreshing = hold_refresh(&browser, &session, 2_000).await;
    refreshing.abort();
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    let stored = browser.app.session(&session).await.unwrap();
    assert_eq!(stored.revision, 1);
    assert!(stored.last_refresh.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_stop_signal_ends_the_server_at_once() {
    let (_redis, server, browser) = with_redis().await;
    let session = browser.sign_in().await.session;
    let refreshing = hold_refresh(&browser, &session, 60_000).await;
    server.terminate();
    wait_until("the server accepts no new connections", async || server.status("/livez").await.is_none()).await;
    server.terminate();
    // Only the time shows that it was the signal: without one, the server would end in the same way, but later.
    let exit = timeout(AT_ONCE, server.exit()).await.expect("the server waits although it got a second signal");
    assert_eq!(exit.code, Some(0));
    assert!(exit.log.contains(STOPPED_EARLY), "{}", exit.log);
    assert_eq!(refreshing.await.unwrap().status, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_event_stream_does_not_delay_the_stop_and_reports_no_end_of_the_session() {
    // T87: the session lives on, in the store.
    let (_redis, server, browser) = with_redis().await;
    let signed_in = browser.sign_in().await;
    let path = "/api/session/events";
    let proof = browser.key.sign(&browser.claims(&Method::GET, path, Some(&signed_in.access_token)));
    let mut stream = reqwest::Client::new()
        .get(format!("http://127.0.0.1:{}{path}", server.port))
        .header("DPoP", proof)
        .header(header::AUTHORIZATION, format!("DPoP {}", signed_in.access_token))
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    let first = stream.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("lives"), "{first:?}");

    server.terminate();
    let mut rest = Vec::new();
    // The stream ends properly; the connection does not break.
    while let Some(chunk) = stream.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert!(!String::from_utf8_lossy(&rest).contains("ended"), "{rest:?}");
    let exit = server.exit().await;
    assert_eq!(exit.code, Some(0));
    assert!(!exit.log.contains(STOPPED_EARLY), "{}", exit.log);
    assert!(browser.app.session(&signed_in.session).await.is_some());
}

async fn with_redis() -> (Redis, ServerProcess, Browser) {
    let redis = Redis::start().await;
    let provider = MockProvider::shared();
    let server = ServerProcess::start(&provider.issuer, &variables(&redis.url(), &encoded_key())).await;
    let browser = Browser::at(TestApp::remote(server.port, provider.settings(), in_redis(&redis)), provider);
    (redis, server, browser)
}

fn variables<'a>(redis: &'a str, key: &'a str) -> [(&'static str, &'a str); 2] {
    [("REDIS_URL", redis), ("SESSION_KEYS", key)]
}

fn encoded_key() -> String {
    BASE64_STANDARD.encode(KEY)
}

/// A refresh whose response the provider delays by so many milliseconds.
async fn hold_refresh(browser: &Browser, session: &str, ms: u64) -> tokio::task::JoinHandle<TestResponse> {
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": ms }] })).await;
    let (asking, session) = (browser.clone(), session.to_owned());
    let refreshing = tokio::spawn(async move { asking.refresh(&session).await });
    browser.provider.wait_for_refresh(&browser.user, "pending").await;
    refreshing
}

async fn ask(browser: &Browser, token: &str, text: &str) -> TestResponse {
    let request =
        browser.request(Method::POST, "/api/chat", Some(token)).header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(message(text).to_string())).unwrap()).await
}

fn events(stream: &str) -> Vec<ChatEvent> {
    let data = stream.split("\n\n").filter_map(|block| block.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The text of the one answer, and how it ended. Read from the file, as a starting server would repair it.
async fn stored_answer(database: &str) -> Option<(String, Option<String>)> {
    let mut connection = SqliteConnection::connect(database).await.unwrap();
    // While it has no end, it is in pieces.
    let row = sqlx::query(
        "SELECT m.text || COALESCE((SELECT STRING_AGG(p.text, '' ORDER BY p.start) FROM answer_pieces p \
         WHERE p.answer = m.id AND m.end_reason IS NULL), ''), m.end_reason FROM messages m WHERE m.role = 'answer'",
    );
    let row = row.fetch_optional(&mut connection).await.unwrap()?;
    Some((row.get(0), row.get(1)))
}
