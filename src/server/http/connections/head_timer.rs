//! How long a connection may take for the head of a request.
//!
//! hyper has one timeout, from the end of a request to the end of the next one's head. Ours are two: between requests, a
//! proxy may keep a connection for a while; once a request has begun, or before the first one, it is to come soon. So hyper
//! is given a timer that looks at whether anything has been read.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read from a connection so far.
type BytesRead = Arc<AtomicU64>;

/// Makes the timers of one connection.
pub struct HeadTimer {
    read: BytesRead,
    head: Duration,
    idle: Duration,
}

/// A connection whose bytes are counted.
pub struct Watched<S> {
    stream: S,
    read: BytesRead,
}

/// Runs while the head of a request is awaited.
struct HeadSleep {
    read: BytesRead,
    read_before: u64,
    head: Duration,
    /// The first byte has come.
    has_begun: bool,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl HeadTimer {
    pub fn watching<S>(stream: S, head: Duration, idle: Duration) -> (Watched<S>, Self) {
        let read = BytesRead::default();
        (Watched { stream, read: read.clone() }, Self { read, head, idle })
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let read_before = self.read.load(Ordering::Relaxed);
        // Who has just connected has something to ask for.
        let has_begun = read_before == 0;
        let longest = if has_begun { self.head } else { self.idle };
        Box::pin(HeadSleep {
            read: self.read.clone(),
            read_before,
            head: self.head,
            has_begun,
            sleep: Box::pin(tokio::time::sleep(longest)),
        })
    }

    /// hyper asks for nothing but the head's timeout, which is ours to set.
    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(self.head)
    }
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    /// hyper looks here whenever it has read and the head is not complete.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if !this.has_begun && this.read.load(Ordering::Relaxed) > this.read_before {
            this.has_begun = true;
            this.sleep.as_mut().reset(tokio::time::Instant::now() + this.head);
        }
        this.sleep.as_mut().poll(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(context, into));
        self.read.fetch_add((into.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{Instant, advance, timeout};

    use super::*;

    const HEAD: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(90);

    /// From now to when it fires, in seconds; looked at each second, as hyper does when something was read.
    async fn fires_after(sleep: &mut Pin<Box<dyn Sleep>>) -> u64 {
        let begun = Instant::now();
        while timeout(Duration::ZERO, poll_fn(|context| sleep.as_mut().poll(context))).await.is_err() {
            advance(Duration::from_secs(1)).await;
        }
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_has_no_longer_than_a_head_may_take() {
        let (_stream, timer) = HeadTimer::watching((), HEAD, IDLE);
        assert_eq!(fires_after(&mut timer.sleep(HEAD)).await, HEAD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_it_may_be_idle_and_a_head_that_has_begun_is_to_come_soon() {
        let (stream, timer) = HeadTimer::watching((), HEAD, IDLE);
        stream.read.store(500, Ordering::Relaxed);
        assert_eq!(fires_after(&mut timer.sleep(HEAD)).await, IDLE.as_secs());

        let mut sleep = timer.sleep(HEAD);
        let is_over = timeout(IDLE - HEAD, poll_fn(|context| sleep.as_mut().poll(context))).await.is_ok();
        assert!(!is_over);
        // A byte now and then does not prolong it.
        stream.read.fetch_add(1, Ordering::Relaxed);
        assert_eq!(fires_after(&mut sleep).await, HEAD.as_secs());
    }
}
