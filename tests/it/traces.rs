//! What a collector is told of the server as it is run, and what goes on to the provider and the upstream.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use oracle_ai::{mock::upstream::Upstream as MockUpstream, server::store::MemoryStore};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    app::{Answer, TestApp, storage, until},
    browser::Browser,
    chat_client::message,
    provider::MockProvider,
    redis::free_port,
    server_process::ServerProcess,
    trace_collector::{Collector, hex},
};

const API_KEY: &str = "sk-not-for-anyone";
/// Of the proxy's trace, and of its span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
/// Far less than a silent collector may take for a delivery.
const QUICK: Duration = Duration::from_secs(6);

/// A server in a process of its own, with a provider of its own.
async fn start(variables: &[(&str, &str)]) -> (ServerProcess, Browser) {
    let provider = MockProvider::own().await;
    let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let app = TestApp::remote(server.port, provider.settings(), storage(Arc::new(MemoryStore::new())));
    let browser = Browser::at(app, provider);
    (server, browser)
}

/// A call that a proxy, or whoever says that it is one, has made part of its trace.
async fn call(browser: &Browser, path: &str, token: Option<&str>, sampled: &str, body: Value) -> Answer {
    let request = browser
        .request(Method::POST, path, token)
        .header(header::CONTENT_TYPE, "application/json")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-{sampled}"));
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[track_caller]
fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

/// What a party that was called within this span is told.
fn traceparent(span: &Span) -> String {
    format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_trace_goes_through_the_server_to_the_provider_and_to_the_upstream() {
    let (collector, upstream) =
        (Collector::start().await, MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap());
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

    // Which is over when it is stored, and not when it is forgotten.
    until("the answer is told of", async || collector.spans_of(TRACE).iter().any(|span| span.name == "answer")).await;
    // The last spans are sent before it ends.
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    let spans = collector.spans_of(TRACE);
    let chat = named(&spans, "POST /api/chat");
    assert_eq!((hex(&chat.parent_span_id).as_str(), chat.kind()), (CALLER, SpanKind::Server));
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
    assert!(collector.deliveries().iter().all(|headers| headers["api-key"] == "of the collector"));

    let asked = reqwest::get(format!("{}/__control/requests", upstream.origin())).await.unwrap();
    let asked: Vec<Value> = asked.json().await.unwrap();
    assert_eq!(asked[0]["traceparent"], traceparent(named(&spans, "upstream first words")));
    let refreshes = browser.provider.token_calls(&browser.user, "refresh_token").await;
    assert_eq!(refreshes[0]["traceparent"], traceparent(refresh));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_says_to_which_trace_a_request_belongs_nor_that_it_is_told_of_to_nobody() {
    let collector = Collector::start().await;
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
    // And what failed is seen to have failed.
    for name in ["POST /api/refresh", "provider refresh"] {
        assert_eq!(named(&spans, name).status.as_ref().unwrap().code(), StatusCode::Error, "{name}");
    }
    assert!(collector.spans_of(TRACE).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_silent_fails_no_request_and_holds_nothing_up() {
    let silent = Collector::silent().await;
    let away = format!("http://127.0.0.1:{}", free_port());
    for endpoint in [silent.endpoint(), &away] {
        // It is sent to from the start, and all the time.
        let (server, browser) =
            start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "20")]).await;
        let begun = Instant::now();
        let session = browser.sign_in().await.session;
        browser.refresh(&session).await.assert_ok();
        browser.logout(&session).await.assert_ok();
        assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
        if endpoint == away {
            until("the log says that it is away", async || server.log().contains("traces are not taken")).await;
        }
        let told_at = Instant::now();
        server.terminate();
        let log = server.log();
        assert_eq!(server.exit_code().await, Some(0));
        assert!(told_at.elapsed() < QUICK, "{:?}", told_at.elapsed());
        assert!(log.matches("traces are not taken by the collector").count() <= 1, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nobody_is_told_of_any_trace() {
    let (_server, browser) = start(&[("TRUSTED_PROXIES", "127.0.0.1"), ("LOG", "trace")]).await;
    let session = browser.sign_in().await.session;
    call(&browser, "/api/refresh", None, "01", json!({ "session": session })).await.assert_ok();
    let refreshes = browser.provider.token_calls(&browser.user, "refresh_token").await;
    assert_eq!(refreshes[0]["traceparent"], Value::Null);
}
