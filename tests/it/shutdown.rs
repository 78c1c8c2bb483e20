//! A server that is told to stop, in a process of its own: nothing that was under way is cut off without a word.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::{
    mock::upstream::Upstream as MockUpstream,
    server::{
        auth::sessions::Storage,
        store::{KeyRing, MemoryStore, RedisAddress},
    },
    wire::chat::{ChatEvent, EndReason},
};
use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::time::Instant;

use crate::support::{
    app::{Answer, TestApp, storage, until},
    browser::Browser,
    chat_client::{ended, message, told},
    provider::MockProvider,
    redis::Redis,
    server_process::ServerProcess,
};

/// Far less than it may take.
const QUICK: Duration = Duration::from_secs(10);
const KEY: [u8; 32] = [42; 32];
const API_KEY: &str = "sk-not-for-anyone";
/// What the mock upstream says before it is silent.
const SOME_WORDS: &str = "This much was said ";

#[tokio::test(flavor = "multi_thread")]
async fn a_running_answer_ends_as_interrupted_in_its_stream_and_in_the_store() {
    let upstream = MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap();
    let provider = MockProvider::shared();
    let base_url = upstream.base_url();
    let variables = [
        ("CHAT_BASE_URL", &*base_url),
        ("CHAT_API_KEY", API_KEY),
        ("CHAT_MODEL", "mock"),
        ("DATABASE_URL", "sqlite://chat.db?mode=rwc"),
    ];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let database = format!("sqlite:{}", server.folder().join("chat.db").display());
    let nowhere = storage(Arc::new(MemoryStore::new()));
    let browser = Browser::at(TestApp::remote(server.port, provider.settings(), nowhere), provider);
    let token = browser.sign_in().await.access_token;
    let reading = tokio::spawn(async move { ask(&browser, &token, "/stall").await });
    until("the answer has begun", async || stored_answer(&database).await.is_some_and(|(text, _)| text == SOME_WORDS))
        .await;
    assert_eq!(stored_answer(&database).await, Some((SOME_WORDS.to_owned(), None)));

    let told_at = Instant::now();
    server.terminate();
    let events = events(&reading.await.unwrap().text);
    // Looked at while its folder is there; the end is stored before it is told.
    assert_eq!(stored_answer(&database).await, Some((SOME_WORDS.to_owned(), Some("interrupted".to_owned()))));
    assert_eq!(server.exit_code().await, Some(0));
    assert!(told_at.elapsed() < QUICK, "{:?}", told_at.elapsed());
    assert_eq!(ended(&events), EndReason::Interrupted);
    assert_eq!(told(&events), SOME_WORDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_the_provider_holds_is_answered_and_kept() {
    // T44
    let (redis, server, browser) = with_redis().await;
    let before = browser.sign_in().await;
    let refreshing = hold_refresh(&browser, &before.session, 2_000).await;
    server.terminate();
    until("nobody new is let in", async || server.status("/livez").await.is_none()).await;
    let answer = refreshing.await.unwrap();
    answer.assert_ok();
    assert_eq!(server.exit_code().await, Some(0));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(token, before.access_token);
    let next = ServerProcess::start(&browser.provider.issuer, &variables(&redis.url(), &encoded_key())).await;
    let app = TestApp::remote(next.port, browser.provider.settings(), in_redis(&redis));
    assert!(browser.elsewhere(app).is_let_in(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_browser_has_gone_is_kept_all_the_same() {
    // T44: the refresh token that the store knew is spent.
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
async fn a_server_that_is_told_twice_waits_for_nothing() {
    let (_redis, server, browser) = with_redis().await;
    let session = browser.sign_in().await.session;
    let refreshing = hold_refresh(&browser, &session, 60_000).await;
    server.terminate();
    until("nobody new is let in", async || server.status("/livez").await.is_none()).await;
    let told_at = Instant::now();
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    assert!(told_at.elapsed() < QUICK, "{:?}", told_at.elapsed());
    assert_eq!(refreshing.await.unwrap().status, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_told_of_no_end_and_does_not_keep_the_server_from_stopping() {
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

    let told_at = Instant::now();
    server.terminate();
    let mut rest = Vec::new();
    // An end in good order, not a broken connection.
    while let Some(chunk) = stream.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert!(!String::from_utf8_lossy(&rest).contains("ended"), "{rest:?}");
    assert_eq!(server.exit_code().await, Some(0));
    assert!(told_at.elapsed() < QUICK, "{:?}", told_at.elapsed());
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

fn in_redis(redis: &Redis) -> Storage {
    Storage::in_redis(&RedisAddress::parse(&redis.url()).unwrap(), KeyRing::new(KEY, [])).unwrap()
}

/// A refresh that the provider has, and answers after so many milliseconds.
async fn hold_refresh(browser: &Browser, session: &str, ms: u64) -> tokio::task::JoinHandle<Answer> {
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": ms }] })).await;
    let (asking, session) = (browser.clone(), session.to_owned());
    let refreshing = tokio::spawn(async move { asking.refresh(&session).await });
    browser.provider.until_refresh_is(&browser.user, "pending").await;
    refreshing
}

async fn ask(browser: &Browser, token: &str, text: &str) -> Answer {
    let request =
        browser.request(Method::POST, "/api/chat", Some(token)).header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(message(text).to_string())).unwrap()).await
}

fn events(stream: &str) -> Vec<ChatEvent> {
    let data = stream.split("\n\n").filter_map(|block| block.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The text of the one answer, and how it ended; read beside the server, which mends what it finds when it starts.
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
