//! Services of other machines behind a proxy, which alone knows where they are.

use std::{net::SocketAddr, sync::Arc};

use oracle_ai::{mock::upstream::Upstream, server::store::MemoryStore};

use crate::support::{
    app::{TestApp, storage, wait_until},
    authority::Authority,
    browser::Browser,
    chat_client::message,
    forward_proxy::ForwardProxy,
    provider::MockProvider,
    server_process::ServerProcess,
    tls_front::TlsFront,
    trace_collector::TraceCollector,
};

const MODEL_KEY: &str = "sk-not-for-anyone";
const PASSWORD: &str = "hunter2";

/// `Basic` credentials of `chat` with the password.
const CREDENTIALS: &str = "proxy-authorization: basic y2hhddpodw50zxiy";

/// A model and a collector that are reached by names of the house, and by http or https.
struct House {
    authority: Authority,
    model: Upstream,
    traces: TraceCollector,
}

impl House {
    async fn start() -> Self {
        let model = Upstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), MODEL_KEY).await.unwrap();
        Self { authority: Authority::new(), model, traces: TraceCollector::start().await }
    }

    fn model_address(&self) -> SocketAddr {
        let url = self.model.base_url();
        url.trim_start_matches("http://").trim_end_matches("/v1").parse().unwrap()
    }

    fn collector_address(&self) -> SocketAddr {
        self.traces.endpoint().trim_start_matches("http://").parse().unwrap()
    }

    /// A server that signs somebody in and has the model answer, and its log.
    async fn chats_with(&self, variables: &[(&str, &str)]) -> (ServerProcess, String) {
        let authority = self.authority.file();
        let usual = [
            ("DATABASE_URL", "sqlite::memory:"),
            ("CHAT_API_KEY", MODEL_KEY),
            ("CHAT_MODEL", "mock"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ("CA_FILE", &authority),
        ];
        let provider = MockProvider::dedicated().await;
        let server = ServerProcess::start(&provider.issuer, &[&usual[..], variables].concat()).await;
        let app = TestApp::remote(server.port, provider.settings(), storage(Arc::new(MemoryStore::new())));
        let browser = Browser::at(app, provider.clone());
        let token = browser.sign_in().await.access_token;
        let event = browser.first_event(&token, &message("hello")).await;
        (server, event)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_goes_through_a_tunnel_and_the_credentials_for_the_proxy_are_not_logged() {
    // T101
    let house = House::start().await;
    let certificate = house.authority.issue(&["model.house.test", "collector.house.test"]);
    let (model, collector) = (TlsFront::new(&certificate).await, TlsFront::new(&certificate).await);
    let servers = [("model.house.test:443", model.address()), ("collector.house.test:443", collector.address())];
    model.pass_to(house.model_address());
    collector.pass_to(house.collector_address());
    let endpoints = [
        ("CHAT_BASE_URL", "https://model.house.test/v1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.house.test"),
        ("LOG", "trace"),
    ];
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = ForwardProxy::start(&servers).await;
        let url = format!("http://chat:{PASSWORD}@{}", proxy.address());
        let (server, event) = house.chats_with(&[&endpoints[..], &[(name, &url)]].concat()).await;
        assert!(event.contains("data:"), "{name}: {event}");
        for host in ["model.house.test", "collector.house.test"] {
            let line = format!("CONNECT {host}:443 HTTP/1.1");
            wait_until(&line, async || proxy.has_seen(&line)).await;
        }
        assert!(proxy.heads().iter().all(|head| head.starts_with("connect ") && head.contains(CREDENTIALS)));
        let log = server.log();
        assert!(!log.contains(PASSWORD) && !log.to_lowercase().contains("y2hhddpodw50zxiy"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_that_is_allowed_goes_through_the_proxy_for_http() {
    let house = House::start().await;
    let servers =
        [("model.house.test:80", house.model_address()), ("collector.house.test:80", house.collector_address())];
    let endpoints = [
        ("CHAT_BASE_URL", "http://model.house.test/v1"),
        ("CHAT_ALLOW_HTTP", "true"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.house.test"),
        ("OTEL_ALLOW_HTTP", "true"),
    ];
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = ForwardProxy::start(&servers).await;
        let url = format!("http://chat:{PASSWORD}@{}", proxy.address());
        let (_server, event) = house.chats_with(&[&endpoints[..], &[(name, &url)]].concat()).await;
        assert!(event.contains("data:"), "{name}: {event}");
        for line in ["POST http://model.house.test/v1/chat/completions", "POST http://collector.house.test/v1/traces"] {
            wait_until(line, async || proxy.has_seen(line)).await;
        }
        assert!(proxy.heads().iter().all(|head| head.contains(CREDENTIALS)), "{:?}", proxy.heads());
    }
}
