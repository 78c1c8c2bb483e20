//! The traces that a server process exports, and the trace context that it sends to the provider and the upstream.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Method, header},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use oracle_ai::{mock::upstream::Upstream as MockUpstream, server::store::MemoryStore};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{
    app::{MAX_WAIT, TestApp, TestResponse, storage, wait_until},
    browser::Browser,
    chat_client::message,
    provider::MockProvider,
    redis::free_port,
    server_process::ServerProcess,
    trace_collector::{TraceCollector, hex},
};

const API_KEY: &str = "sk-not-for-anyone";
/// The ids of the proxy's trace and of its span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_SPAN: &str = "00f067aa0ba902b7";

/// A server process with a new provider.
async fn start(variables: &[(&str, &str)]) -> (ServerProcess, Browser) {
    let provider = MockProvider::dedicated().await;
    let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let app = TestApp::remote(server.port, provider.settings(), storage(Arc::new(MemoryStore::new())));
    let browser = Browser::at(app, provider);
    (server, browser)
}

/// A request with the trace context of a proxy.
async fn call(browser: &Browser, path: &str, token: Option<&str>, sampled: &str, body: Value) -> TestResponse {
    let request = browser
        .request(Method::POST, path, token)
        .header(header::CONTENT_TYPE, "application/json")
        .header("traceparent", format!("00-{TRACE}-{PARENT_SPAN}-{sampled}"));
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[track_caller]
fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

/// The `traceparent` of requests made within this span.
fn traceparent(span: &Span) -> String {
    format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxys_trace_context_reaches_the_provider_and_the_upstream() {
    let (collector, upstream) = (
        TraceCollector::start().await,
        MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap(),
    );
    let base_url = upstream.base_url();
    let (server, browser) = start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=of%20the%20collector"),
        ("OTEL_SERVICE_NAME", "chat-of-tests"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("CHAT_BASE_URL", &base_url),
        ("CHAT_API_KEY", API_KEY),
        ("CHAT_MODEL", "mock"),
    ])
    .await;
    let signed_in = browser.sign_in().await;
    call(&browser, "/api/chat", Some(&signed_in.access_token), "01", message("/empty hello")).await.assert_ok();
    call(&browser, "/api/refresh", None, "01", json!({ "session": signed_in.session })).await.assert_ok();

    // The span ends when the answer is stored, not when it is removed from memory.
    wait_until("the span of the answer is exported", async || {
        collector.spans_of(TRACE).iter().any(|span| span.name == "answer")
    })
    .await;
    // The last spans are sent before it ends.
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    let spans = collector.spans_of(TRACE);
    let chat = named(&spans, "POST /api/chat");
    assert_eq!((hex(&chat.parent_span_id).as_str(), chat.kind()), (PARENT_SPAN, SpanKind::Server));
    for name in ["session store get", "session store spend"] {
        assert!(spans.iter().any(|span| span.name == name && span.parent_span_id == chat.span_id), "{name}");
    }
    let answer = named(&spans, "answer");
    assert_eq!(answer.parent_span_id, chat.span_id);
    for name in ["conversation store begin", "conversation store end", "upstream first words"] {
        assert_eq!(named(&spans, name).parent_span_id, answer.span_id, "{name}");
    }
    let refresh = named(&spans, "provider refresh");
    assert_eq!(
        (&refresh.parent_span_id, refresh.kind()),
        (&named(&spans, "POST /api/refresh").span_id, SpanKind::Client)
    );
    assert_eq!(collector.resource("service.name").unwrap(), "chat-of-tests");
    assert!(collector.export_headers().iter().all(|headers| headers["api-key"] == "of the collector"));

    let asked = reqwest::get(format!("{}/__control/requests", upstream.origin())).await.unwrap();
    let asked: Vec<Value> = asked.json().await.unwrap();
    assert_eq!(asked[0]["traceparent"], traceparent(named(&spans, "upstream first words")));
    let refreshes = browser.provider.token_calls(&browser.user, "refresh_token").await;
    assert_eq!(refreshes[0]["traceparent"], traceparent(refresh));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_context_and_sampling_flag_of_other_callers_are_ignored() {
    let collector = TraceCollector::start().await;
    let (server, browser) = start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())]).await;
    let session = browser.sign_in().await.session;
    browser.provider.set_outage(&["token"]).await;
    call(&browser, "/api/refresh", None, "00", json!({ "session": session }))
        .await
        .assert_refused(503, "provider_unavailable");
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    let spans = collector.spans();
    let request = named(&spans, "POST /api/refresh");
    assert!(request.parent_span_id.is_empty());
    assert_ne!(hex(&request.trace_id), TRACE);
    // Failed calls are marked as failed.
    for name in ["POST /api/refresh", "provider refresh"] {
        assert_eq!(named(&spans, name).status.as_ref().unwrap().code(), StatusCode::Error, "{name}");
    }
    assert!(collector.spans_of(TRACE).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_or_silent_collector_neither_fails_nor_blocks_requests_or_the_stop() {
    let silent = TraceCollector::silent().await;
    let away = format!("http://127.0.0.1:{}", free_port());
    for endpoint in [silent.endpoint(), &away] {
        // Spans are sent all the time, and the collector may take longer for them than this test waits for anything.
        let (server, browser) = start(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ])
        .await;
        let requests = async {
            let session = browser.sign_in().await.session;
            browser.refresh(&session).await.assert_ok();
            browser.logout(&session).await.assert_ok();
        };
        timeout(MAX_WAIT, requests).await.expect("the requests wait for the collector");
        if endpoint == away {
            wait_until("the log says that it is away", async || server.log().contains("traces are not taken")).await;
        }
        server.terminate();
        let log = server.log();
        assert_eq!(server.exit_code().await, Some(0));
        assert!(log.matches("traces are not taken by the collector").count() <= 1, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_no_trace_context_is_sent() {
    let (_server, browser) = start(&[("TRUSTED_PROXIES", "127.0.0.1"), ("LOG", "trace")]).await;
    let session = browser.sign_in().await.session;
    call(&browser, "/api/refresh", None, "01", json!({ "session": session })).await.assert_ok();
    let refreshes = browser.provider.token_calls(&browser.user, "refresh_token").await;
    assert_eq!(refreshes[0]["traceparent"], Value::Null);
}
