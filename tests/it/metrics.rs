//! The Prometheus metrics of a server process.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{Method, header};
use oracle_ai::server::{
    auth::oidc::RequestSettings, chat::upstream::Timeouts, http::MAX_TIME, observe::metrics::BUCKETS,
    store::MemoryStore,
};
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

/// The number after this name and these labels.
#[track_caller]
fn value(page: &str, name: &str) -> Option<f64> {
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map(|value| value.parse().unwrap())
}

/// The same of our own, with 0 where there is no such line.
#[track_caller]
fn figure(page: &str, name: &str) -> f64 {
    value(page, &format!("oracle_ai_{name}")).unwrap_or_default()
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
    let asked = provider.browser.app.send(request.unwrap()).await;
    asked.assert_ok();
    provider.refresh(session, |_| {}).await.assert_ok();
    provider.browser.other_user().refresh("unknown").await.assert_refused(401, "session_ended");
    provider.browser.refresh("unknown").await.assert_refused(429, "too_many_requests");
    server.status("/made-up-page").await;
    server.status("/api/made-up").await;

    let complete = r#"answers_total{reason="complete",error=""}"#;
    wait_until("the answer has ended", async || figure(&figures(port).await, complete) > 0.0).await;
    let page = figures(port).await;
    for name in [
        r#"audit_events_total{event="login.succeeded",outcome="success"}"#,
        r#"audit_events_total{event="refresh.succeeded",outcome="success"}"#,
        r#"audit_events_total{event="refresh.refused",outcome="refused"}"#,
        r#"audit_events_total{event="limit.reached",outcome="refused"}"#,
        r#"provider_call_seconds_count{endpoint="token",outcome="answered"}"#,
        r#"provider_call_seconds_count{endpoint="refresh",outcome="answered"}"#,
        r#"provider_call_seconds_count{endpoint="metadata",outcome="answered"}"#,
        complete,
        r#"model_call_seconds_count{outcome="answered"}"#,
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
    assert_eq!(value(&page, "oracle_ai_running_answers"), Some(0.0), "{page}");
    // The line about its end, which comes after the request, has the id of the request.
    let id = asked.headers["x-request-id"].to_str().unwrap();
    let log = server.log();
    let ended = log.lines().find(|line| line.contains("answer ended")).unwrap();
    assert!(ended.contains(&format!("request_id=\"{id}\"")) && ended.contains("reason=\"complete\""), "{ended}");
    // Each event that can't be read is counted, and logged once in an answer.
    assert_eq!(figure(&page, r#"upstream_deviations_total{deviation="unreadable_event"}"#), 5.0, "{page}");
    assert_eq!(server.log().matches("unreadable_event").count(), 1, "{}", server.log());
    assert!(!page.contains("made-up"), "{page}");
    for store in ["sessions", "conversations"] {
        let of =
            |outcome| figure(&page, &format!("store_call_seconds_count{{store=\"{store}\",outcome=\"{outcome}\"}}"));
        assert!(of("answered") > 2.0 && of("failed") == 0.0, "{page}");
    }
    let open = reqwest::get(format!("http://127.0.0.1:{}/metrics", server.port)).await.unwrap().text().await.unwrap();
    assert!(!open.contains("oracle_ai_"), "the figures are open to browsers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_counts_is_there_from_its_start_in_the_format_that_is_asked_for() {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let variables =
        [("METRICS_ADDR", &*address), ("DATABASE_URL", "sqlite::memory:"), ("MAX_ANSWERS", "7"), ("LOG", "warn")];
    let server = ServerProcess::start(&MockProvider::shared().issuer, &variables).await;
    let page = figures(port).await;
    for name in [
        r#"oracle_ai_audit_events_total{event="session.rolled_back",outcome="failed"}"#,
        r#"oracle_ai_provider_call_seconds_count{endpoint="refresh",outcome="client_refused"}"#,
        r#"oracle_ai_model_call_seconds_count{outcome="too_long"}"#,
        r#"oracle_ai_store_call_seconds_count{store="sessions",outcome="failed"}"#,
        r#"oracle_ai_answers_total{reason="interrupted",error="network"}"#,
        r#"oracle_ai_limited_total{endpoint="/api/refresh",caller="browser"}"#,
        r#"oracle_ai_limited_total{endpoint="unproven",caller="address"}"#,
        r#"oracle_ai_upstream_deviations_total{deviation="unreadable_event"}"#,
        "oracle_ai_answer_ends_lost_total",
        "oracle_ai_database_connections_closed_total",
        "oracle_ai_conversations_expired_total",
        "oracle_ai_open_streams",
    ] {
        assert_eq!(value(&page, name), Some(0.0), "{name} in {page}");
    }
    assert_eq!(value(&page, "oracle_ai_running_answers_max"), Some(7.0), "{page}");
    assert_eq!(value(&page, "oracle_ai_database_connections_max"), Some(1.0), "a database in memory has one");
    let connections = |state| figure(&page, &format!("database_connections{{state=\"{state}\"}}"));
    assert_eq!(connections("in_use") + connections("idle"), 1.0, "{page}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let of_process = |name: &str| value(&page, &format!("process_{name}")).unwrap();
    assert!((now - 60.0..=now).contains(&of_process("start_time_seconds")), "{page}");
    assert!(of_process("cpu_seconds_total") > 0.0 && of_process("resident_memory_bytes") > 1e6, "{page}");
    assert!(of_process("open_fds") > 5.0 && of_process("max_fds") > of_process("open_fds"), "{page}");

    // Prometheus names OpenMetrics, other readers do not.
    assert!(page.contains("# TYPE oracle_ai_answers_total counter\n") && !page.contains("# EOF"), "{page}");
    let request = reqwest::Client::new().get(format!("http://127.0.0.1:{port}/metrics"));
    let response = request.header(header::ACCEPT, "application/openmetrics-text;version=1.0.0,*/*;q=0.1").send().await;
    let response = response.unwrap();
    let content_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
    let page = response.text().await.unwrap();
    assert!(page.contains("# TYPE oracle_ai_answers counter\n") && page.ends_with("# EOF\n"), "{page}");
    drop(server);
}

#[test]
fn no_call_that_ends_by_a_timeout_is_counted_beyond_the_bound_next_to_it() {
    // A call takes a little longer than its timeout.
    let timeouts = [RequestSettings::MAX_TIMEOUT, MAX_TIME, Timeouts::DEFAULT.first_token, Timeouts::DEFAULT.idle];
    for timeout in timeouts.map(|timeout| timeout.as_secs_f64()) {
        let bound = BUCKETS.into_iter().find(|bound| *bound >= timeout).unwrap();
        assert!(bound > timeout * 1.05 && bound < timeout * 1.25, "{timeout}: {bound}");
    }
}
