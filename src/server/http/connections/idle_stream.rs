//! Responses that send something only now and then, such as the events of an open page.
//!
//! hyper keeps two buffers of 8 KB for each connection, also while a response is being sent, and a page may be open for
//! hours. So once the head of such a response has been sent, the connection is taken from hyper, and a small task sends
//! the body, in chunks (RFC 9112 §7.1). Then it closes the connection.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, Version},
    response::Response,
};
use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::watched::Progress;

/// An extension of a response: its body is idle for most of the time.
#[derive(Clone, Copy)]
pub struct IdleStream;

/// The body of a connection's response, between hyper and the task that sends it.
#[derive(Clone)]
pub struct Handover {
    state: Arc<Mutex<State>>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct State {
    /// Whether the response to the request has a body in chunks.
    is_chunked: bool,
    body: Option<Body>,
    /// As long as the connection has not written more than this, the response's head has not been sent.
    written_before: u64,
}

impl Handover {
    pub fn new(progress: Arc<Progress>) -> Self {
        Self { state: Arc::default(), progress }
    }

    /// Notes whether the response can be taken from hyper.
    pub fn note<B>(&self, request: &Request<B>) {
        self.state().is_chunked = request.method() == Method::GET && request.version() == Version::HTTP_11;
    }

    /// Takes the body of an idle stream, and leaves one that never sends anything.
    pub fn take_body(&self, response: Response) -> Response {
        let mut state = self.state();
        if !state.is_chunked || response.extensions().get::<IdleStream>().is_none() {
            return response;
        }
        let (head, body) = response.into_parts();
        state.written_before = self.progress.bytes_written();
        state.body = Some(body);
        Response::from_parts(head, Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()))
    }

    /// The body, once the response's head has been sent.
    pub fn body_to_send(&self) -> Option<Body> {
        let mut state = self.state();
        let is_head_sent = self.progress.is_flushed() && self.progress.bytes_written() > state.written_before;
        if is_head_sent { state.body.take() } else { None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change under the lock can be left half-done by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the body, and closes the connection: after its end, or when the client has closed it.
pub async fn send(mut connection: TcpStream, body: Body) -> io::Result<()> {
    let (mut body, mut unexpected) = (body.into_data_stream(), [0; 1]);
    // Until the client sends something, which can't be answered.
    let mut is_read = true;
    loop {
        let data = tokio::select! {
            data = body.next() => data,
            read = connection.read(&mut unexpected), if is_read => match read? {
                0 => return Ok(()),
                _ => {
                    is_read = false;
                    continue;
                }
            },
        };
        match data.transpose().map_err(io::Error::other)? {
            // An empty chunk would be the end.
            Some(data) if data.is_empty() => {}
            Some(data) => connection.write_all(&chunk(&data)).await?,
            None => {
                connection.write_all(b"0\r\n\r\n").await?;
                return connection.shutdown().await;
            }
        }
    }
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}
