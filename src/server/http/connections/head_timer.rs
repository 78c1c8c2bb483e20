//! How long a connection may take for the head of a request.
//!
//! hyper has one timeout, from the end of a request to the end of the next one's head. Ours are two: between requests, a
//! proxy may keep a connection for a while; once a request has begun, or before the first one, it is to come soon. So hyper
//! is given a timer that looks at whether anything has been read.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

use super::watched::Progress;

/// Makes the timers of one connection.
pub struct HeadTimer {
    pub progress: Arc<Progress>,
    pub head: Duration,
    pub idle: Duration,
}

/// Runs while the head of a request is awaited.
struct HeadSleep {
    progress: Arc<Progress>,
    read_before: u64,
    head: Duration,
    /// The first byte has come.
    has_begun: bool,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let read_before = self.progress.bytes_read();
        // Who has just connected has something to ask for.
        let has_begun = read_before == 0;
        let longest = if has_begun { self.head } else { self.idle };
        Box::pin(HeadSleep {
            progress: self.progress.clone(),
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
        if !this.has_begun && this.progress.bytes_read() > this.read_before {
            this.has_begun = true;
            this.sleep.as_mut().reset(tokio::time::Instant::now() + this.head);
        }
        this.sleep.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{Instant, advance, timeout};

    use super::*;

    const HEAD: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(90);

    fn timer() -> HeadTimer {
        HeadTimer { progress: Arc::default(), head: HEAD, idle: IDLE }
    }

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
        let timer = timer();
        assert_eq!(fires_after(&mut timer.sleep(HEAD)).await, HEAD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_it_may_be_idle_and_a_head_that_has_begun_is_to_come_soon() {
        let timer = timer();
        timer.progress.add_read(500);
        assert_eq!(fires_after(&mut timer.sleep(HEAD)).await, IDLE.as_secs());

        let mut sleep = timer.sleep(HEAD);
        let is_over = timeout(IDLE - HEAD, poll_fn(|context| sleep.as_mut().poll(context))).await.is_ok();
        assert!(!is_over);
        // A byte now and then does not prolong it.
        timer.progress.add_read(1);
        assert_eq!(fires_after(&mut sleep).await, HEAD.as_secs());
    }
}
