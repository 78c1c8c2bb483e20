//! Outbound requests: allowed hosts, proxies, timeouts, and the size of responses.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use oracle_ai::{
    mock::upstream::Upstream,
    server::{auth::oidc::ProviderHttp, store::MemoryStore},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

use crate::{
    doctor::{doctor, line},
    store::memory,
    support::{
        app::{TestApp, storage, wait_until},
        browser::Browser,
        chat_client::message,
        provider::{MockProvider, settings},
        server_process::ServerProcess,
        trace_collector::TraceCollector,
    },
};

/// The most that is read of one response.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Longer than any timeout of the server.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A server that records the paths of its requests.
#[derive(Clone)]
struct RecordingServer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl RecordingServer {
    /// With these responses, by path.
    async fn answering(answer: impl Fn(&str, &str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listening = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, origin) = (listening.seen.clone(), listening.origin());
        let router = Router::new().fallback(async move |uri: Uri| {
            seen.lock().unwrap().push(uri.path().to_owned());
            answer(&origin, uri.path())
        });
        tokio::spawn(async { axum::serve(listener, router).await });
        listening
    }

    /// A provider with these changes of its metadata, and with these other responses.
    async fn provider(
        change: impl Fn(&mut Value) + Clone + Send + Sync + 'static,
        answer: impl Fn(&str) -> Option<Response> + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::answering(move |origin, path| match (answer(path), path) {
            (Some(answer), _) => answer,
            (None, "/.well-known/openid-configuration") => {
                let mut metadata = json!({
                    "issuer": origin,
                    "authorization_endpoint": format!("{origin}/authorize"),
                    "token_endpoint": format!("{origin}/token"),
                    "jwks_uri": format!("{origin}/jwks"),
                });
                change(&mut metadata);
                Json(metadata).into_response()
            }
            (None, "/jwks") => Json(json!({ "keys": [] })).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        })
        .await
    }

    /// A proxy that refuses every connection.
    async fn proxy() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listening = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = listening.seen.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut head = [0; 1024];
                let length = connection.read(&mut head).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                let _ = connection.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        listening
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// A browser at an application with this provider.
    fn browser(&self) -> Browser {
        Browser::at(TestApp::new(settings(&self.origin())), MockProvider::shared())
    }
}

/// A browser at a server process.
async fn browser_of(server: &ServerProcess, provider: &MockProvider) -> Browser {
    let storage = storage(Arc::new(MemoryStore::new()));
    Browser::at(TestApp::remote(server.port, provider.settings(), storage), provider.clone())
}

#[tokio::test]
async fn redirects_are_never_followed() {
    // T22
    let target_server = RecordingServer::answering(|_, _| StatusCode::OK.into_response()).await;
    let target = format!("{}/there", target_server.origin());
    let redirect = move |from: &'static str| {
        let target = target.clone();
        move |path: &str| (path == from).then(|| Redirect::temporary(&target).into_response())
    };
    for document in ["/.well-known/openid-configuration", "/jwks"] {
        let provider = RecordingServer::provider(|_| {}, redirect(document)).await;
        provider.browser().request_authorize().await.assert_refused(502, "provider_unavailable");
        assert!(provider.seen().contains(&document.to_owned()));
    }
    let provider = RecordingServer::provider(|_| {}, redirect("/token")).await;
    let browser = provider.browser();
    let response = json!({ "code": "any", "state": browser.start_login().await.state });
    browser.exchange(&response).await.assert_refused(502, "provider_unavailable");
    assert!(provider.seen().contains(&"/token".to_owned()));
    assert!(target_server.seen().is_empty(), "{:?}", target_server.seen());
}

#[tokio::test]
async fn a_response_larger_than_a_mebibyte_is_refused() {
    // T22. JSON that would be good but for its length.
    let padded = |path: &'static str, length: usize| {
        move |asked: &str| {
            let padding = " ".repeat(length);
            (asked == path).then(|| format!("{{\"keys\":[],\"error\":\"invalid_grant\"}}{padding}").into_response())
        }
    };
    let provider = RecordingServer::provider(|_| {}, padded("/jwks", MAX_ANSWER_BYTES / 2)).await;
    provider.browser().start_login().await;
    let provider = RecordingServer::provider(|_| {}, padded("/jwks", MAX_ANSWER_BYTES)).await;
    provider.browser().request_authorize().await.assert_refused(502, "provider_unavailable");
    let provider = RecordingServer::provider(|_| {}, padded("/token", MAX_ANSWER_BYTES)).await;
    let browser = provider.browser();
    let response = json!({ "code": "any", "state": browser.start_login().await.state });
    browser.exchange(&response).await.assert_refused(502, "provider_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_with_an_insecure_endpoint_is_refused_and_the_endpoint_is_not_called() {
    // T22. Our client credentials went to `http://0.0.0.0`, which is no loopback, and `javascript:` to the browser.
    let target_server = RecordingServer::answering(|_, _| Json(json!({ "keys": [] })).into_response()).await;
    let unfit = format!("http://0.0.0.0:{}/unfit-place", target_server.address.port());
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
        "pushed_authorization_request_endpoint",
    ] {
        for named in [unfit.as_str(), "javascript:alert(document.domain)", "data:text/html,x"] {
            let named = named.to_owned();
            let change = move |metadata: &mut Value| {
                metadata[member] = named.as_str().into();
                metadata["require_pushed_authorization_requests"] = true.into();
            };
            let provider = RecordingServer::provider(change, |_| None).await;
            let answer = provider.browser().request_authorize().await;
            answer.assert_refused(502, "provider_unavailable");
            assert!(!answer.text.contains("unfit-place") && !answer.text.contains("alert"), "{answer:?}");
            assert_eq!(provider.seen(), ["/.well-known/openid-configuration"]);
        }
    }
    assert!(target_server.seen().is_empty(), "{:?}", target_server.seen());

    let unfit_token_endpoint = move |metadata: &mut Value| metadata["token_endpoint"] = unfit.as_str().into();
    let provider = RecordingServer::provider(unfit_token_endpoint, |_| None).await;
    let output = doctor(&provider.origin(), &[]).await;
    assert!(line(&output, "REFUSED", "discovery").contains("token_endpoint"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_to_a_provider_that_accepts_no_connection_times_out() {
    // T22. Its queue is full, so that connections are not even refused. Only a timeout shows that.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let mut waiting = vec![];
    while let Ok(connection) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        waiting.push(connection.unwrap());
        assert!(waiting.len() < 100, "its queue is never full");
    }
    let http = ProviderHttp::with_timeout(TEST_TIMEOUT * 10).unwrap();
    let browser =
        Browser::at(TestApp::with(settings(&format!("http://{address}")), http, memory()), MockProvider::shared());
    let answer = tokio::time::timeout(TEST_TIMEOUT, browser.request_authorize()).await;
    let answer = answer.unwrap_or_else(|_| panic!("it waits without limit"));
    answer.assert_refused(502, "provider_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_services_are_called_without_the_proxy() {
    // With `http_proxy` set, questions and the model's key went to the proxy, though the model is on loopback.
    const KEY: &str = "sk-not-for-anyone";
    let proxy = RecordingServer::proxy().await;
    let collector = TraceCollector::start().await;
    let provider = MockProvider::dedicated().await;
    let upstream = Upstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), KEY).await.unwrap();
    // By its name and by its address.
    let base_url = upstream.base_url().replace("127.0.0.1", "localhost");
    let origin = proxy.origin();
    let mut variables = vec![
        ("DATABASE_URL", "sqlite::memory:"),
        ("CHAT_BASE_URL", base_url.as_str()),
        ("CHAT_API_KEY", KEY),
        ("CHAT_MODEL", "mock"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ];
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    variables.extend(names.map(|name| (name, origin.as_str())));
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let browser = browser_of(&server, &provider).await;
    let token = browser.sign_in().await.access_token;
    let event = browser.first_event(&token, &message("hello")).await;
    assert!(event.contains("data:"), "{event}");
    wait_until("spans have come", async || !collector.spans().is_empty()).await;
    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn https_to_other_hosts_goes_through_the_proxy_which_sees_the_host_only() {
    let proxy = RecordingServer::proxy().await;
    let provider = MockProvider::dedicated().await;
    let origin = proxy.origin();
    let variables = [
        ("DATABASE_URL", "sqlite::memory:"),
        ("CHAT_BASE_URL", "https://model.invalid/v1"),
        ("CHAT_API_KEY", "sk-not-for-anyone"),
        ("CHAT_MODEL", "m"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.invalid"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("HTTPS_PROXY", origin.as_str()),
    ];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let browser = browser_of(&server, &provider).await;
    let token = browser.sign_in().await.access_token;
    browser.first_event(&token, &message("hello")).await;
    for host in ["model.invalid", "collector.invalid"] {
        let line = format!("CONNECT {host}:443 HTTP/1.1");
        wait_until(&line, async || proxy.seen().contains(&line)).await;
    }
    assert!(proxy.seen().iter().all(|line| line.starts_with("CONNECT ")), "{:?}", proxy.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_called_through_the_proxy_unless_no_proxy_lists_it() {
    for (name, except, is_seen) in [
        ("HTTPS_PROXY", "", true),
        ("https_proxy", "example.com", true),
        ("HTTPS_PROXY", "o.invalid,10.0.0.0/8", true),
        ("HTTPS_PROXY", ".invalid", false),
        ("ALL_PROXY", "*.invalid", false),
        ("all_proxy", "example.com, SSO.Invalid", false),
        ("HTTPS_PROXY", "*", false),
    ] {
        let proxy = RecordingServer::proxy().await;
        let origin = proxy.origin();
        let variables = [("DATABASE_URL", "sqlite::memory:"), (name, origin.as_str()), ("NO_PROXY", except)];
        let server = ServerProcess::start("https://sso.invalid", &variables).await;
        let browser = browser_of(&server, &MockProvider::shared()).await;
        browser.request_authorize().await.assert_refused(502, "provider_unavailable");
        let seen = proxy.seen();
        assert_eq!(seen.contains(&"CONNECT sso.invalid:443 HTTP/1.1".to_owned()), is_seen, "{name} {except}: {seen:?}");
        assert_eq!(seen.is_empty(), !is_seen, "{seen:?}");
    }
}
