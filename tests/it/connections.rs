//! The limits and timeouts of the server's connections, over real sockets.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use oracle_ai::server::http::{
    connections::{self, ConnectionSettings, MAX_HEAD_BYTES},
    headers::HeaderSettings,
    router,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::{app::MAX_WAIT, browser::Browser};

/// For timeouts that a test waits for.
const SHORT: Duration = Duration::from_millis(300);
/// For timeouts that must not end during a test.
const LONG: Duration = Duration::from_secs(600);

const REQUEST: &str = "GET /peer HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(settings: ConnectionSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let routes =
            Router::new().route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()));
        let app = router::with_common_layers(routes, Browser::start().app.services, HeaderSettings::default());
        let serving = tokio::spawn(connections::serve(listener, app, settings, stop.clone()));
        Self { address, stop, serving }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The response to these bytes, read until the server closes the connection.
    async fn answer(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

fn long_timeouts() -> ConnectionSettings {
    ConnectionSettings { head_timeout: LONG, idle_timeout: LONG, ..ConnectionSettings::default() }
}

/// Reads until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = vec![];
    // A connection that is reset is closed too.
    let _ = timeout(MAX_WAIT, stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// One answer on a connection that stays open: the whole of it is this many bytes or more.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.contains("\r\n\r\n127.0.0.1:") {
        let mut bytes = [0; 4096];
        let read = timeout(MAX_WAIT, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {text}");
        text += std::str::from_utf8(&bytes[..read]).unwrap();
    }
    text
}

#[tokio::test]
async fn a_request_head_that_is_sent_too_slowly_closes_the_connection() {
    // T106: 200 of 200 were open after 90 seconds.
    let server = Server::start(ConnectionSettings { head_timeout: SHORT, ..long_timeouts() }).await;
    let mut connections = vec![];
    for _ in 0..20 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /peer HTTP/1.1\r\nHost: local").await.unwrap();
        connections.push(stream);
    }
    for mut stream in connections {
        // Whether it goes on or not.
        let _ = stream.write_all(b"h").await;
        assert!(!rest(&mut stream).await.contains(" 200 "));
    }
}

#[tokio::test]
async fn a_request_head_may_be_as_large_as_nginx_passes_on_and_no_larger() {
    let server = Server::start(long_timeouts()).await;
    let head = |length: usize| format!("GET /peer HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(length));
    for length in [1024, 64 * 1024, 120 * 1024] {
        let answer = server.answer(&format!("{}\r\nConnection: close\r\n\r\n", head(length))).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{length}: {answer}");
    }
    // RFC 6585 §5. It has no end yet.
    let endless = head(MAX_HEAD_BYTES - head(0).len());
    assert_eq!(endless.len(), MAX_HEAD_BYTES);
    assert!(server.answer(&endless).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_sent_is_closed() {
    // T106
    let server = Server::start(ConnectionSettings { head_timeout: SHORT, ..long_timeouts() }).await;
    assert_eq!(rest(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn a_connection_may_be_idle_between_requests_up_to_the_idle_timeout() {
    // T106
    let (head_timeout, idle_timeout) = (SHORT, 10 * SHORT);
    let server = Server::start(ConnectionSettings { head_timeout, idle_timeout, ..long_timeouts() }).await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        let answer = one_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // The head of a request that began later has timed out.
        let mut slow = server.connect().await;
        slow.write_all(b"GET /peer HTTP/1.1\r\nHost: local").await.unwrap();
        rest(&mut slow).await;
    }
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    // T106
    let server = Server::start(ConnectionSettings { max: NonZeroU32::new(2).unwrap(), ..long_timeouts() }).await;
    let (mut one, mut two, mut three) = (server.connect().await, server.connect().await, server.connect().await);
    for stream in [&mut one, &mut two] {
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        one_answer(stream).await;
    }
    three.write_all(REQUEST.as_bytes()).await.unwrap();
    // Meanwhile requests on the other connections are answered.
    for _ in 0..20 {
        two.write_all(REQUEST.as_bytes()).await.unwrap();
        one_answer(&mut two).await;
    }
    assert!(three.try_read(&mut [0]).is_err(), "a third one is answered");
    drop(one);
    one_answer(&mut three).await;
}

#[tokio::test]
async fn http_2_by_prior_knowledge_is_not_supported() {
    // T106
    let server = Server::start(long_timeouts()).await;
    let answer = server.answer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
}

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_answered_400() {
    // RFC 9112 §3.2
    let server = Server::start(long_timeouts()).await;
    for hosts in ["", "Host: localhost\r\nHost: localhost\r\n", "Host: a@b\r\n"] {
        let answer = server.answer(&format!("GET /livez HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{hosts}: {answer}");
        assert!(answer.contains("malformed_request"), "{answer}");
    }
    let answer = server.answer("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_stopping_server_closes_idle_connections_and_accepts_no_new_ones() {
    let server = Server::start(long_timeouts()).await;
    let mut idle = server.connect().await;
    idle.write_all(REQUEST.as_bytes()).await.unwrap();
    assert!(one_answer(&mut idle).await.ends_with(&idle.local_addr().unwrap().to_string()), "who calls is known");
    server.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    timeout(MAX_WAIT, server.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
