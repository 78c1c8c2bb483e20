//! HAProxy in front of two servers, by the operators' example: it asks `/readyz`, and what it forwards, repeats and logs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
    routing::get,
};
use oracle_ai::wire::{auth::AccessToken, chat::EndReason};

use crate::support::{
    app::wait_until,
    browser::Browser,
    chat_client::{ChatClient, end_reason, send_as},
    haproxy::{EXAMPLE, HaProxy},
    lossy_proxy::Link,
    provider::MockProvider,
    replicas::Replicas,
    server_process::ServerProcess,
};

/// No call of these tests is one too many.
const NO_LIMIT: (&str, &str) = ("RATE_LIMIT_PER_ADDRESS", "0");

/// The status of `GET /api/authorize` by another browser, which needs Redis to be answered.
async fn begin_login(browser: &Browser) -> u16 {
    browser.with_new_key().request_authorize().await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_and_read_answers_as_they_are_written_through_haproxy() {
    // T08
    let replicas = Replicas::start().await;
    let haproxy = HaProxy::start(replicas.ports()).await;
    replicas.sign_in_and_read_an_answer_through(haproxy.port, haproxy.url("/api/chat")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_cut_off_from_redis_gets_no_more_calls_from_haproxy_until_it_is_back() {
    // T105
    let replicas = Replicas::start_with(&[NO_LIMIT]).await;
    let haproxy = HaProxy::start(replicas.ports()).await;
    let browser = Browser::at(replicas.app(haproxy.port), replicas.provider.clone());
    let calls = async |count: usize| {
        let mut refused = 0;
        for _ in 0..count {
            refused += usize::from(begin_login(&browser).await == 503);
        }
        refused
    };
    assert_eq!(calls(20).await, 0);
    replicas.ways[0].set(Link::Closed);
    assert!(calls(20).await > 0, "before HAProxy has asked, the server that is cut off refuses its share");
    haproxy.wait_until_server("first", "DOWN", 1).await;
    let refused = calls(200).await;
    assert_eq!(refused, 0, "of 200 calls");
    assert!(!haproxy.log().contains("oracle_ai/second is DOWN"));

    replicas.ways[0].set(Link::Works);
    haproxy.wait_until_server("first", "UP", 1).await;
    assert_eq!(calls(20).await, 0);
    // Without Redis nobody can sign in, and no server is taken out: people who are signed in go on working.
    replicas.redis.stop().await;
    for server in &replicas.servers {
        wait_until("it is degraded", async || server.readiness().await == (200, "degraded".to_owned())).await;
    }
    assert_eq!(calls(5).await, 5);
    assert!(!haproxy.log().contains("oracle_ai/second is DOWN"));
    assert!(!haproxy.log().contains("no server available"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drains_gets_no_more_calls_and_ends_its_answers_behind_haproxy() {
    let provider = MockProvider::shared();
    let replicas = Replicas::start_with(&[NO_LIMIT, ("DRAIN_NOTICE_SECONDS", "10")]).await;
    let haproxy = HaProxy::start(replicas.ports()).await;
    let browser = Browser::at(replicas.app(haproxy.port), provider);
    let client = ChatClient::of_process(browser.clone()).await;
    // At both servers, of which one is stopped. The responder repeats it, 40 words a second.
    let mut running = vec![];
    for conversation in ["a", "b"] {
        running.push(client.begin(&send_as(conversation, &"word ".repeat(400), conversation)).await.0);
    }
    replicas.servers[0].terminate();
    let mut calls = 0;
    let calling = async {
        loop {
            assert_eq!(begin_login(&browser).await, 200, "after {calls} calls");
            calls += 1;
        }
    };
    tokio::select! {
        () = haproxy.wait_until_server("first", "DOWN", 1) => {}
        () = calling => {}
    }
    for answer in running {
        assert_eq!(end_reason(&answer.rest().await), EndReason::Complete);
    }
    for _ in 0..20 {
        assert_eq!(begin_login(&browser).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_repeats_no_post_that_was_sent() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counting = seen.clone();
    let refusing = Router::new().route("/readyz", get(async || "ready")).fallback(async move || {
        counting.fetch_add(1, Ordering::SeqCst);
        StatusCode::SERVICE_UNAVAILABLE
    });
    let port = serve(refusing).await;
    let haproxy = HaProxy::start([port, port]).await;
    for n in 1..=4 {
        let answer = reqwest::Client::new().post(haproxy.url("/api/refresh")).body("{}").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), seen.load(Ordering::SeqCst)), (503, n));
    }
}

async fn serve(router: Router) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_forwards_the_client_address_ends_tls_and_hides_readiness() {
    let echo = Router::new().fallback(async |headers: HeaderMap, _: Request<Body>| {
        let of = |name: &str| format!("{name}: {:?}\n", headers.get_all(name).iter().collect::<Vec<_>>());
        let names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "traceparent", "host"];
        names.map(of).concat()
    });
    let port = serve(echo).await;
    let haproxy = HaProxy::start([port, port]).await;
    let output = tokio::process::Command::new("curl")
        .args(["--silent", "--show-error", "--write-out", "%{http_version}", "--cacert", &haproxy.authority.file()])
        .args(["--connect-to", &format!("chat.example.com:443:127.0.0.1:{}", haproxy.tls_port)])
        .args(["--header", "X-Forwarded-For: 192.0.2.66", "--header", "Forwarded: for=192.0.2.66"])
        .args(["--header", "traceparent: 00-1-1-01", "https://chat.example.com/chat"])
        .output()
        .await
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()),
        "x-forwarded-for: [\"127.0.0.1\"]\nx-forwarded-proto: [\"https\"]\n\
         x-forwarded-host: [\"chat.example.com\"]\nforwarded: []\ntraceparent: []\nhost: [\"chat.example.com\"]\n2"
    );
    for path in ["/readyz", "/livez", "/readyz?x"] {
        assert_eq!(reqwest::get(haproxy.url(path)).await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_of_haproxy_has_the_authorization_code_of_a_callback() {
    // T101
    let mut server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    let haproxy = HaProxy::start([server.port, server.port]).await;
    let call_back = async || {
        reqwest::get(haproxy.url("/auth/callback?code=SECRET-CODE&state=SECRET-STATE")).await.unwrap().status()
    };
    assert!(call_back().await != 503);
    server.kill();
    assert_eq!(call_back().await, 503);
    haproxy.wait_until_server("first", "DOWN", 1).await;
    let malformed = "/auth/callback?code=SECRET-CODE HTTP/1.1 x";
    let output = tokio::process::Command::new("curl")
        .args(["--silent", "--path-as-is", "--request-target", malformed, &haproxy.url("/")])
        .output()
        .await;
    assert!(output.unwrap().status.success());
    let log = haproxy.log();
    assert!(log.matches("\"/auth/callback\"").count() >= 2 && log.contains("<BADREQ>"), "{log}");
    assert!(!log.contains("SECRET"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_access_token_and_code_pass_haproxy() {
    let line = EXAMPLE.lines().find_map(|line| line.trim().strip_prefix("tune.bufsize ")).unwrap();
    let buffer: usize = line.parse().unwrap();
    let server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    let haproxy = HaProxy::start([server.port, server.port]).await;
    for (length, status) in [(AccessToken::MAX_LENGTH, 401), (buffer - 2 * 1024, 401), (buffer, 400)] {
        let request = reqwest::Client::new().get(haproxy.url("/api/chat"));
        let answer = request.header(header::AUTHORIZATION, format!("DPoP {}", "a".repeat(length)));
        assert_eq!(answer.send().await.unwrap().status(), status, "{length}");
    }
    assert_eq!(status_over_http2(&haproxy, AccessToken::MAX_LENGTH).await, "2 401");
    let status_of = async |code: String| {
        let url = haproxy.url(&format!("/auth/callback?code={code}&state=s&session_state={}", "x".repeat(200)));
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    let shortest = status_of("a".into()).await;
    assert!(![400, 414, 502].contains(&shortest), "{shortest}");
    assert_eq!(status_of("%2B".repeat(4096)).await, shortest);
}

/// `reqwest` is built without HTTP/2.
async fn status_over_http2(haproxy: &HaProxy, token_length: usize) -> String {
    let output = tokio::process::Command::new("curl")
        .args(["--silent", "--http2-prior-knowledge", "--output", "/dev/null"])
        .args(["--write-out", "%{http_version} %{http_code}"])
        .args(["--header", &format!("Authorization: DPoP {}", "a".repeat(token_length))])
        .arg(format!("http://127.0.0.1:{}/api/chat", haproxy.http2_port))
        .output()
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
