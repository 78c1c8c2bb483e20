//! How an answer is sent: part by part, each when the connection has taken the one before.

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
    requests::OpenRequest,
    transcripts::{Part, Parts},
};

const BEFORE_BREAK: Duration = Duration::from_millis(50);

/// The request ends with the body: as played, or because nobody reads any more.
pub fn body(parts: Parts, request: OpenRequest) -> Body {
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
                    // What was sent before should arrive.
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
    Body::from_stream(Cooperative { inner: Box::pin(played), taken: 0 })
}

/// Lets others run from time to time: an answer at full speed is always ready.
struct Cooperative {
    inner: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    taken: u8,
}

impl Stream for Cooperative {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.taken = self.taken.wrapping_add(1);
        if self.taken == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.inner.as_mut().poll_next(cx)
    }
}
