//! Streams that are idle for most of the time, over real sockets: they are sent without hyper.

use std::{convert::Infallible, net::SocketAddr, num::NonZeroU32};

use axum::{
    Router,
    body::{Body, Bytes},
    response::IntoResponse,
    routing::get,
};
use futures_util::stream;
use oracle_ai::server::http::connections::{self, ConnectionSettings, IdleStream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::app::{MAX_WAIT, wait_until};

const GET: &str = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LAST_CHUNK: &str = "0\r\n\r\n";

/// Answers `/events` with an idle stream, which the test writes.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    begun: UnboundedReceiver<UnboundedSender<Bytes>>,
}

/// One response, at the client and at the server.
struct Events {
    connection: TcpStream,
    /// Dropped for the end of the stream; closed when the server has dropped the stream.
    sender: UnboundedSender<Bytes>,
}

impl Server {
    async fn start(max: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (begin, begun) = mpsc::unbounded_channel();
        let events = async move || {
            let (sender, receiver) = mpsc::unbounded_channel::<Bytes>();
            begin.send(sender).unwrap();
            let events = stream::unfold(receiver, async |mut receiver| {
                let bytes = receiver.recv().await?;
                Some((Ok::<_, Infallible>(bytes), receiver))
            });
            let mut response = Body::from_stream(events).into_response();
            response.extensions_mut().insert(IdleStream);
            response
        };
        let routes = Router::new().route("/events", get(events)).route("/other", get(async || "the other"));
        let settings = ConnectionSettings { max: NonZeroU32::new(max).unwrap(), ..ConnectionSettings::default() };
        let serving = tokio::spawn(connections::serve(listener, routes, settings, stop.clone()));
        Self { address, stop, serving, begun }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        connection
    }

    /// A stream whose head and first event have arrived.
    async fn open(&mut self) -> Events {
        let connection = self.send(GET).await;
        let sender = timeout(MAX_WAIT, self.begun.recv()).await.unwrap().unwrap();
        let mut events = Events { connection, sender };
        events.send("first");
        let head = events.read_until("5\r\nfirst\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
        events
    }
}

impl Events {
    fn send(&self, text: &str) {
        self.sender.send(Bytes::copy_from_slice(text.as_bytes())).unwrap();
    }

    async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let mut bytes = [0; 4096];
            let read = timeout(MAX_WAIT, self.connection.read(&mut bytes)).await.unwrap().unwrap();
            assert!(read > 0, "closed after {text:?}");
            text += std::str::from_utf8(&bytes[..read]).unwrap();
        }
        text
    }
}

async fn rest(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(MAX_WAIT, connection.read_to_string(&mut text)).await.unwrap().unwrap();
    text
}

#[tokio::test]
async fn every_event_arrives_at_once_and_after_the_last_one_the_connection_is_closed() {
    let mut server = Server::start(10).await;
    let mut events = server.open().await;
    for text in ["second", "", "a longer third one"] {
        events.send(text);
        if !text.is_empty() {
            assert_eq!(events.read_until("\r\n").await, format!("{:x}\r\n{text}\r\n", text.len()));
        }
    }
    let Events { mut connection, sender } = events;
    drop(sender);
    assert_eq!(rest(&mut connection).await, LAST_CHUNK);
}

#[tokio::test]
async fn an_event_that_the_client_reads_slowly_arrives_whole() {
    let mut server = Server::start(10).await;
    let events = server.open().await;
    // More than the buffers of the sockets hold.
    let text = "0123456789".repeat(2_000_000);
    events.send(&text);
    let Events { mut connection, sender } = events;
    drop(sender);
    assert_eq!(rest(&mut connection).await, format!("{:x}\r\n{text}\r\n{LAST_CHUNK}", text.len()));
}

#[tokio::test]
async fn clients_read_the_stream_as_any_other_response() {
    let mut server = Server::start(10).await;
    let client = reqwest::Client::new();
    for _ in 0..3 {
        let answer = tokio::spawn(client.get(format!("http://{}/events", server.address)).send());
        let sender = timeout(MAX_WAIT, server.begun.recv()).await.unwrap().unwrap();
        let mut answer = answer.await.unwrap().unwrap();
        for text in ["one", "two"] {
            sender.send(text.into()).unwrap();
            assert_eq!(answer.chunk().await.unwrap().unwrap(), text);
        }
        drop(sender);
        assert_eq!(answer.chunk().await.unwrap(), None);
    }
    let other = client.get(format!("http://{}/other", server.address)).send().await.unwrap();
    assert_eq!(other.text().await.unwrap(), "the other");
}

#[tokio::test]
async fn a_stream_ends_when_its_client_leaves() {
    let mut server = Server::start(10).await;
    let Events { connection, sender } = server.open().await;
    assert!(!sender.is_closed());
    drop(connection);
    timeout(MAX_WAIT, sender.closed()).await.unwrap();
}

#[tokio::test]
async fn a_stream_counts_as_a_connection_until_it_ends() {
    // T106
    let mut server = Server::start(1).await;
    let Events { mut connection, sender } = server.open().await;
    let mut other = server.send("GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    sender.send("more".into()).unwrap();
    let mut more = [0; 9];
    connection.read_exact(&mut more).await.unwrap();
    assert!(other.try_read(&mut [0]).is_err(), "another connection is answered");
    drop(sender);
    assert_eq!(rest(&mut connection).await, LAST_CHUNK);
    assert!(rest(&mut other).await.ends_with("the other"));
}

#[tokio::test]
async fn what_a_client_sends_during_a_stream_does_not_disturb_it() {
    let mut server = Server::start(10).await;
    let mut events = server.open().await;
    events.connection.write_all(b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    for _ in 0..3 {
        events.send("more");
        assert_eq!(events.read_until("\r\n").await, "4\r\nmore\r\n");
    }
    // With the request before the first byte of the response, too.
    let mut connection = server.send(&GET.repeat(2)).await;
    let sender = timeout(MAX_WAIT, server.begun.recv()).await.unwrap().unwrap();
    sender.send("more".into()).unwrap();
    drop(sender);
    let mut text = vec![];
    // The connection may be reset after the end, as there is something that was not read.
    let _ = timeout(MAX_WAIT, connection.read_to_end(&mut text)).await.unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with(&format!("4\r\nmore\r\n{LAST_CHUNK}")), "{text}");
    assert_eq!(text.matches("HTTP/1.1").count(), 1, "the other request is not answered on this connection");
}

#[tokio::test]
async fn a_response_without_chunks_is_left_to_hyper() {
    let mut server = Server::start(10).await;
    let mut head = server.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let text = rest(&mut head).await;
    assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("\r\n\r\n") && !text.contains(LAST_CHUNK), "{text}");
    drop(server.begun.recv().await);

    let mut old = server.send("GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n").await;
    let sender = timeout(MAX_WAIT, server.begun.recv()).await.unwrap().unwrap();
    sender.send("event".into()).unwrap();
    drop(sender);
    let text = rest(&mut old).await;
    assert!(text.ends_with("\r\n\r\nevent"), "{text}");
}

#[tokio::test]
async fn a_stopping_server_waits_for_the_end_of_its_streams() {
    let mut server = Server::start(10).await;
    let Events { mut connection, sender } = server.open().await;
    server.stop.cancel();
    wait_until("it accepts no more", async || TcpStream::connect(server.address).await.is_err()).await;
    sender.send("last".into()).unwrap();
    assert!(!server.serving.is_finished());
    drop(sender);
    assert_eq!(rest(&mut connection).await, format!("4\r\nlast\r\n{LAST_CHUNK}"));
    timeout(MAX_WAIT, server.serving).await.unwrap().unwrap();
}
