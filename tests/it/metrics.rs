//! The Prometheus metrics of a server process.

use axum::http::{Method, header};
use oracle_ai::server::store::MemoryStore;
use serde_json::json;

use crate::support::{
    app::{self, TestApp, wait_until},
    browser::Browser,
    provider::{MockProvider, settings},
    redis::free_port,
    scripted_provider::ScriptedProvider,
    server_process::ServerProcess,
};

async fn figures(port: u16) -> String {
    reqwest::get(format!("http://127.0.0.1:{port}/metrics")).await.unwrap().text().await.unwrap()
}

/// The number after this name and these labels; 0 where there is no such line.
fn figure(page: &str, name: &str) -> f64 {
    let value = page.lines().find_map(|line| line.strip_prefix(&format!("oracle_ai_{name} ")));
    value.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_actions_are_counted_and_made_up_paths_are_not() {
    let mut provider = ScriptedProvider::start().await;
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let variables = [
        ("METRICS_ADDR", &*address),
        ("DATABASE_URL", "sqlite::memory:"),
        ("RATE_LIMIT_PER_BROWSER", "1"),
        ("MOCK_UPSTREAM_ADDR", "127.0.0.1:0"),
    ];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let app =
        TestApp::remote(server.port, settings(&provider.issuer), app::storage(std::sync::Arc::new(MemoryStore::new())));
    provider.browser = Browser::at(app, MockProvider::shared());

    let answer = provider.login(|_| {}).await;
    answer.assert_ok();
    let answer = answer.json();
    let (token, session) = (answer["access_token"].as_str().unwrap(), answer["session"].as_str().unwrap());
    let request = provider
        .browser
        .request(Method::POST, "/api/chat", Some(token))
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "conversation": "c", "message": "/ping-events", "idempotency_key": "k" }).to_string().into());
    provider.browser.app.send(request.unwrap()).await.assert_ok();
    provider.refresh(session, |_| {}).await.assert_ok();
    provider.browser.other_user().refresh("unknown").await.assert_refused(401, "session_ended");
    provider.browser.refresh("unknown").await.assert_refused(429, "too_many_requests");
    server.status("/made-up-page").await;
    server.status("/api/made-up").await;

    wait_until("the answer has ended", async || figures(port).await.contains(r#"answers_total{reason="complete""#))
        .await;
    let page = figures(port).await;
    for name in [
        r#"audit_events_total{event="login.succeeded",outcome="success"}"#,
        r#"audit_events_total{event="refresh.succeeded",outcome="success"}"#,
        r#"audit_events_total{event="refresh.refused",outcome="refused"}"#,
        r#"audit_events_total{event="limit.reached",outcome="refused"}"#,
        r#"provider_call_seconds_count{endpoint="token",outcome="answered"}"#,
        r#"provider_call_seconds_count{endpoint="refresh",outcome="answered"}"#,
        r#"provider_call_seconds_count{endpoint="metadata",outcome="answered"}"#,
        r#"answers_total{reason="complete",error=""}"#,
        "first_token_seconds_count",
        r#"http_request_seconds_count{method="POST",route="/api/token",status="200"}"#,
        r#"http_request_seconds_count{method="POST",route="/api/chat",status="200"}"#,
        r#"http_request_seconds_count{method="GET",route="unknown",status="404"}"#,
        r#"sessions{counted="all"}"#,
        r#"ready{part="conversations_write"}"#,
        r#"limited_total{endpoint="/api/refresh",caller="browser"}"#,
    ] {
        assert_eq!(figure(&page, name), 1.0, "{name} in {page}");
    }
    assert!(page.contains("\noracle_ai_running_answers 0\n"), "{page}");
    // Each event that can't be read is counted, and logged once in an answer.
    assert_eq!(figure(&page, r#"upstream_deviations_total{deviation="unreadable_event"}"#), 5.0, "{page}");
    assert_eq!(server.log().matches("unreadable_event").count(), 1, "{}", server.log());
    assert!(!page.contains("made-up"), "{page}");
    assert!(page.ends_with("# EOF\n"), "{page}");
    let open = reqwest::get(format!("http://127.0.0.1:{}/metrics", server.port)).await.unwrap().text().await.unwrap();
    assert!(!open.contains("oracle_ai_"), "the figures are open to browsers");
}
