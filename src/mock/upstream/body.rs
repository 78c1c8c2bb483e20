//! The body of a streamed response: part by part, each when the connection has taken the one before.

use std::{
    future::pending,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::{Stream, stream};

use super::{
    requests::PendingRequest,
    transcripts::{Part, Parts},
};

const BEFORE_BREAK: Duration = Duration::from_millis(50);

/// `request` is dropped with the body, which tells whether the client read all of it.
pub fn body(parts: Parts, request: PendingRequest) -> Body {
    let played = stream::unfold((parts, request), |(mut parts, request)| async move {
        loop {
            match parts.next() {
                Some(Part::Bytes(bytes)) => {
                    request.written(bytes.len());
                    return Some((Ok(bytes), (parts, request)));
                }
                Some(Part::Pause(pause)) => tokio::time::sleep(pause).await,
                Some(Part::Silence) => pending().await,
                Some(Part::Break) => {
                    request.played();
                    // So that the parts before it arrive.
                    tokio::time::sleep(BEFORE_BREAK).await;
                    let broken = io::ErrorKind::ConnectionReset.into();
                    return Some((Err(broken), (Box::new(std::iter::empty()) as Parts, request)));
                }
                None => {
                    request.played();
                    return None;
                }
            }
        }
    });
    Body::from_stream(Cooperative { inner: Box::pin(played), polls: 0 })
}

/// Yields to other tasks now and then: a stream at full speed is always ready.
struct Cooperative {
    inner: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    polls: u8,
}

impl Stream for Cooperative {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.polls = self.polls.wrapping_add(1);
        if self.polls == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.inner.as_mut().poll_next(cx)
    }
}
