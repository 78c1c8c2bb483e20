//! Checks before any endpoint: who calls, from which page, how often. And the ids of requests.

use std::{
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header, request::Builder},
    routing::get,
};
use oracle_ai::server::{
    http::{
        headers::HeaderSettings,
        ingress::{EdgeSettings, LimitSettings},
        router,
    },
    observe::logs::{self, LogFormat},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{
    app::{TestApp, TestResponse, request, with_host},
    browser::Browser,
    provider::{FRONT_URL, MockProvider},
};

fn browser_at(edge: EdgeSettings) -> Browser {
    let provider = MockProvider::shared();
    Browser::at(TestApp::with_edge(provider.settings(), edge), provider)
}

fn limited(per_address: u32, per_browser: u32) -> EdgeSettings {
    let (per_address, per_browser) = (NonZeroU32::new(per_address), NonZeroU32::new(per_browser));
    let limits = LimitSettings { per_address, per_browser, ..LimitSettings::default() };
    EdgeSettings { limits, ..EdgeSettings::default() }
}

/// A login started from the address `peer`, with these headers.
async fn begin_from(browser: &Browser, peer: &str, headers: &[(&str, &str)]) -> TestResponse {
    let path = format!("/api/authorize?dpop_jkt={}", browser.key.thumbprint());
    send_from(browser, peer, browser.request(Method::GET, &path, None), headers).await
}

/// A call that proves nothing.
async fn send_stranger_from(browser: &Browser, peer: &str, headers: &[(&str, &str)]) -> TestResponse {
    send_from(browser, peer, request(Method::GET, "/api/chat"), headers).await
}

async fn send_from(browser: &Browser, peer: &str, request: Builder, headers: &[(&str, &str)]) -> TestResponse {
    let peer: SocketAddr = peer.parse().unwrap();
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    browser.app.send(request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_address_with_too_many_unauthenticated_requests_gets_a_retry_after() {
    // T106: at a guarded endpoint, which had no limit for strangers.
    let browser = browser_at(limited(3, 0));
    for _ in 0..3 {
        send_stranger_from(&browser, "203.0.113.9:1000", &[]).await.assert_refused(401, "unauthenticated");
    }
    let refused = send_stranger_from(&browser, "203.0.113.9:1001", &[]).await;
    refused.assert_refused(429, "too_many_requests");
    let seconds: u64 = refused.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=20).contains(&seconds), "{refused:?}");
    assert_eq!(refused.json()["data"]["retry_after"], seconds);
    // Others are not limited by it.
    send_stranger_from(&browser, "203.0.113.10:1000", &[]).await.assert_refused(401, "unauthenticated");
}

#[tokio::test]
async fn unauthenticated_requests_of_every_kind_are_limited_and_signed_in_users_are_not_affected() {
    // T106
    let browser = browser_at(limited(20, 0));
    let held = browser.sign_in().await;
    let json = |path| request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    let made_up =
        |scheme: &str| request(Method::GET, "/api/conversations").header(header::AUTHORIZATION, format!("{scheme} no"));
    let kinds: [(&str, &dyn Fn() -> Builder); 8] = [
        ("no proof", &|| json("/api/refresh")),
        ("a proof that is none", &|| json("/api/token").header("DPoP", "a.b.c")),
        ("a made-up bearer token", &|| made_up("Bearer")),
        ("a made-up token with a proof that is none", &|| made_up("DPoP").header("DPoP", "a.b.c")),
        ("a made-up token with a good proof", &|| {
            browser.other_user().request(Method::GET, "/api/chat", Some("made-up"))
        }),
        ("another site's page", &|| request(Method::GET, "/api/chat").header("origin", "https://evil.example")),
        ("no such endpoint", &|| request(Method::GET, "/api/nothing")),
        ("a logout token that is none", &|| request(Method::POST, "/backchannel-logout")),
    ];
    for (n, (kind, call)) in kinds.into_iter().enumerate() {
        // From another address each, so that the limits are separate.
        let peer = format!("203.0.113.{n}:1000");
        let mut statuses = vec![];
        for _ in 0..30 {
            statuses.push(send_from(&browser, &peer, call(), &[]).await.status.as_u16());
        }
        assert!(statuses[..20].iter().all(|status| (400..429).contains(status)), "{kind}: {statuses:?}");
        assert!(statuses[20..].contains(&429), "{kind}: {statuses:?}");
        let guarded = browser.request(Method::GET, "/api/chat", Some(&held.access_token));
        send_from(&browser, &peer, guarded, &[]).await.assert_ok();
    }
}

#[tokio::test]
async fn logins_of_unknown_browsers_have_a_separate_limit_that_known_browsers_do_not_use() {
    // T106
    let browser = browser_at(limited(2, 0));
    let held = browser.sign_in().await;
    browser.refresh(&held.session).await.assert_ok();
    let peer = "203.0.113.9:1000";
    for _ in 0..3 {
        send_stranger_from(&browser, peer, &[]).await;
    }
    for _ in 0..6 {
        begin_from(&browser.other_user(), peer, &[]).await.assert_ok();
    }
    begin_from(&browser.other_user(), peer, &[]).await.assert_refused(429, "too_many_requests");
}

#[tokio::test]
async fn an_ipv6_network_counts_as_one_address() {
    // T106
    let browser = browser_at(limited(2, 0));
    send_stranger_from(&browser, "[2001:db8:1:2::1]:1000", &[]).await.assert_refused(401, "unauthenticated");
    send_stranger_from(&browser, "[2001:db8:1:2::2]:1000", &[]).await.assert_refused(401, "unauthenticated");
    send_stranger_from(&browser, "[2001:db8:1:2:ffff::]:1000", &[]).await.assert_refused(429, "too_many_requests");
    send_stranger_from(&browser, "[2001:db8:1:3::1]:1000", &[]).await.assert_refused(401, "unauthenticated");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit_and_others_cannot_forge_an_address() {
    // T58, T106
    let browser = browser_at(EdgeSettings { trusted_proxies: "10.0.0.0/8".parse().unwrap(), ..limited(1, 0) });
    let proxy = "10.0.0.1:1000";
    let unproven =
        async |peer, headers: &[(&str, &str)]| send_stranger_from(&browser, peer, headers).await.status.as_u16();
    assert_eq!(unproven(proxy, &[("x-forwarded-for", "203.0.113.1")]).await, 401);
    assert_eq!(unproven(proxy, &[("x-forwarded-for", "203.0.113.2")]).await, 401);
    assert_eq!(unproven(proxy, &[("x-forwarded-for", "198.51.100.7, 203.0.113.1")]).await, 429);
    // Nor does the header that the operator has not named hide who calls.
    let hidden = [("x-forwarded-for", "203.0.113.1"), ("forwarded", "for=unknown")];
    assert_eq!(unproven(proxy, &hidden).await, 429);
    let stranger = "203.0.113.50:1000";
    assert_eq!(unproven(stranger, &[("x-forwarded-for", "198.51.100.1")]).await, 401);
    let invented = [("x-forwarded-for", "198.51.100.2"), ("forwarded", "for=198.51.100.2")];
    assert_eq!(unproven(stranger, &invented).await, 429);
}

#[tokio::test]
async fn a_browser_that_refreshes_too_often_is_limited_and_keeps_its_session() {
    // T106
    let browser = browser_at(limited(0, 3));
    let held = browser.sign_in().await;
    for _ in 0..3 {
        browser.refresh(&held.session).await.assert_ok();
    }
    browser.refresh(&held.session).await.assert_refused(429, "too_many_requests");
    assert!(browser.app.session(&held.session).await.is_some());
    // The limits of two browsers are separate.
    let another = browser.other_user();
    let others = another.sign_in().await;
    another.refresh(&others.session).await.assert_ok();
    // Nor does another user without the key.
    browser.post("/api/logout", &json!({ "session": held.session })).await.assert_ok();
}

#[tokio::test]
async fn messages_are_limited_per_browser_and_all_other_calls_to_ten_times_as_many() {
    // T106
    let browser = browser_at(limited(0, 2));
    let held = browser.sign_in().await;
    for n in 0..4 {
        let body = json!({ "message": "hello", "conversation": format!("conversation-{n}"), "idempotency_key": "k" });
        let request = browser.request(Method::POST, "/api/chat", Some(&held.access_token));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(answer.status == StatusCode::TOO_MANY_REQUESTS, n >= 2, "{n}: {answer:?}");
    }
    let get = async |path| {
        let request = browser.request(Method::GET, path, Some(&held.access_token));
        browser.app.send(request.body(Body::empty()).unwrap()).await
    };
    for _ in 0..10 {
        get("/api/chat").await.assert_ok();
        get("/api/conversations").await.assert_ok();
    }
    get("/api/chat").await.assert_refused(429, "too_many_requests");
    get("/api/sessions").await.assert_refused(429, "too_many_requests");
}

#[tokio::test]
async fn the_path_of_back_channel_logouts_is_limited() {
    // T106
    let browser = browser_at(limited(2, 0));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = request(Method::POST, "/backchannel-logout").body(Body::from("logout_token=x")).unwrap();
        statuses.push(browser.app.send(request).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn pages_of_other_sites_can_call_no_endpoint() {
    // T10, T91, T94
    let browser = Browser::start();
    for (name, value, is_accepted) in [
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "", false),
        ("origin", FRONT_URL, true),
        ("origin", "https://evil.example", false),
        ("origin", "null", false),
        ("origin", &format!("{FRONT_URL}.evil.example"), false),
        ("sec-fetch-dest", "empty", true),
        ("sec-fetch-dest", "document", false),
        ("sec-fetch-dest", "iframe", false),
        ("sec-fetch-dest", "script", false),
    ] {
        let begun = begin_from(&browser, "203.0.113.9:1000", &[(name, value)]).await;
        match is_accepted {
            true => begun.assert_ok(),
            false => begun.assert_refused(403, "forbidden"),
        }
        assert!(!begun.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{begun:?}");
        let call = browser.request(Method::POST, "/api/refresh", None).header(name, value);
        let call = call.header(header::CONTENT_TYPE, "application/json").body(Body::from(r#"{"session":"none"}"#));
        let refreshed = browser.app.send(call.unwrap()).await;
        match is_accepted {
            true => refreshed.assert_refused(401, "session_ended"),
            false => refreshed.assert_refused(403, "forbidden"),
        }
    }
}

#[tokio::test]
async fn cross_site_requests_do_not_count_against_the_visitors_limit() {
    // T106
    let browser = browser_at(limited(1, 1));
    for _ in 0..5 {
        let refused = begin_from(&browser, "203.0.113.9:1", &[("origin", "https://evil.example")]).await;
        assert!([403, 429].contains(&refused.status.as_u16()), "{refused:?}");
    }
    begin_from(&browser, "203.0.113.9:1", &[]).await.assert_ok();
}

#[tokio::test]
async fn a_request_with_no_host_or_two_is_malformed() {
    // RFC 9112 §3.2
    let browser = Browser::start();
    for hosts in [&["localhost:8080", "evil.example"][..], &["localhost", "localhost"], &["a@b"], &[""]] {
        for path in ["/api/chat", "/livez"] {
            let request = hosts.iter().fold(request(Method::GET, path), |request, host| request.header("host", *host));
            let answer = browser.app.send(request.body(Body::empty()).unwrap()).await;
            answer.assert_refused(400, "malformed_request");
            assert!(answer.text.contains("`Host`"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_preflight_of_another_origin_is_refused() {
    // T91
    let browser = Browser::start();
    for origin in ["https://evil.example", FRONT_URL] {
        let preflight = request(Method::OPTIONS, "/api/token")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "dpop");
        let answer = browser.app.send(preflight.body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        let opened = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!opened, "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_gets_a_new_id_unless_a_trusted_proxy_sent_one() {
    // T104, T58
    let browser = browser_at(EdgeSettings { trusted_proxies: "10.0.0.1".parse().unwrap(), ..EdgeSettings::default() });
    let name_of = async |peer: &str, given: &str| {
        let answer = begin_from(&browser, peer, &[("x-request-id", given)]).await;
        answer.header(header::HeaderName::from_static("x-request-id")).to_owned()
    };
    let (proxy, stranger) = ("10.0.0.1:1", "203.0.113.9:1");
    assert_eq!(name_of(proxy, "Root-1.a_b").await, "Root-1.a_b");
    for (peer, given) in
        [(stranger, "Root-1"), (proxy, "a b"), (proxy, "<script>"), (proxy, ""), (proxy, &"a".repeat(65))]
    {
        let name = name_of(peer, given).await;
        assert!(name != given && name.len() == 16, "{given} became {name}");
        assert_ne!(name, name_of(peer, given).await);
    }
}

/// Routes beside the endpoints, behind the layers that all share.
async fn outcome(routes: Router, path: &str) -> (StatusCode, HeaderMap, String) {
    let services = Browser::start().app.services;
    let app = router::with_common_layers(routes, services, HeaderSettings::default());
    let response = app.oneshot(with_host(Request::get(path).body(Body::empty()).unwrap())).await.unwrap();
    let (head, body) = response.into_parts();
    let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    (head.status, head.headers, text)
}

fn assert_named(headers: &HeaderMap, text: &str) -> Value {
    let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(body["request_id"], headers["x-request-id"].to_str().unwrap());
    body
}

async fn panics() -> &'static str {
    panic!("with a secret")
}

#[tokio::test]
async fn a_panic_is_a_generic_error_with_the_request_id() {
    // T104
    for path in ["/api/panics", "/panics"] {
        let routes = Router::new().route(path, get(panics));
        let (status, headers, text) = outcome(routes, path).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!text.contains("secret"), "{text}");
        assert!(headers.contains_key("x-request-id"));
        if path.starts_with("/api") {
            assert_eq!(assert_named(&headers, &text)["data"]["kind"], "internal");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_takes_too_long_is_an_error_like_any_other() {
    // T104
    let begun = tokio::time::Instant::now();
    let routes = Router::new().route("/api/slow", get(std::future::pending::<&'static str>));
    let (status, headers, text) = outcome(routes, "/api/slow").await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(begun.elapsed().as_secs(), Duration::from_secs(60).as_secs());
    let body = assert_named(&headers, &text);
    assert_eq!((&body["data"]["kind"], &body["code"]), (&json!("unavailable"), &json!(504)));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn of(format: LogFormat, act: impl FnOnce()) -> Vec<String> {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = logs::log("info", format, false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        log.lines()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn line_breaks_and_json_in_a_value_cannot_forge_a_log_entry() {
    // T102
    const FORGED: &str =
        "x\r\n2026-01-01T00:00:00Z  INFO oracle_ai: signed in\n{\"level\":\"INFO\"}\u{1b}[2K\u{2028}\"";
    let act = || {
        let _span = tracing::info_span!("request", path = %FORGED).entered();
        tracing::warn!(error = %FORGED, quoted = FORGED, debugged = ?FORGED, "refused: {FORGED}");
    };
    let [pretty] = &Log::of(LogFormat::Pretty, act)[..] else { panic!("more than one line") };
    assert!(pretty.chars().all(|letter| !letter.is_control() && letter != '\u{2028}'), "{pretty}");
    let [json] = &Log::of(LogFormat::Json, act)[..] else { panic!("more than one line") };
    let entry: Value = serde_json::from_str(json).unwrap();
    assert_eq!((&entry["level"], &entry["error"]), (&json!("WARN"), &json!(FORGED)));
    assert_eq!(entry["span"]["path"], FORGED);
}

#[test]
fn a_line_logged_in_an_endpoint_has_the_requests_id() {
    // T104: a separate thread with this log.
    let log = Log::default();
    let writer = log.clone();
    let subscriber = logs::log("info", LogFormat::Json, false, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let services = Browser::start().app.services;
            let routes = Router::new().route(
                "/api/logs",
                get(async || {
                    tracing::info!("in the endpoint");
                    StatusCode::OK
                }),
            );
            let app = router::with_common_layers(routes, services, HeaderSettings::default());
            let ask = async || {
                app.clone().oneshot(with_host(Request::get("/api/logs").body(Body::empty()).unwrap())).await.unwrap()
            };
            // Whether anybody listens to a span is asked where it first begins, which may be the thread of another test,
            // where nobody does. Once all have begun, it is asked again here.
            ask().await;
            tracing::callsite::rebuild_interest_cache();
            let answer = ask().await;
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            let line = log.lines().into_iter().rfind(|line| line.contains("in the endpoint")).unwrap();
            let entry: Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&entry["span"]["request_id"], &entry["span"]["client"]), (&json!(id), &json!("127.0.0.1")));
        });
    });
}
