//! How often one caller may call a door. Each door is counted by itself, per minute: a minute's worth at once, or spread.
//! Doors that need no limit of their own are counted together for each browser: a proof that was used takes room in the
//! store for some minutes, and nobody is to fill it alone.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::Method;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::future::Cache;

use super::ClientAddress;
use crate::server::{
    audit::{self, Event},
    metrics,
};

/// Calls a minute of each limited door; `None` is without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `RATE_LIMIT_PER_ADDRESS`. Generous: a whole company may come from one address.
    pub per_address: Option<NonZeroU32>,
    /// `RATE_LIMIT_PER_BROWSER`. Tight: one person's tabs. All other guarded doors together may be called
    /// [`OTHERS_AS_OFTEN`] as often.
    pub per_browser: Option<NonZeroU32>,
}

/// Too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// In seconds.
    pub retry_after: u64,
}

/// What is limited: the path and, where other methods there are not, the method.
const DOORS: [(&str, Option<Method>); 6] = [
    ("/api/authorize", None),
    ("/api/token", None),
    ("/api/refresh", None),
    ("/api/logout", None),
    ("/api/chat", Some(Method::POST)),
    ("/backchannel-logout", None),
];

/// What stands for the guarded doors that are not in the list.
const OTHER_DOORS: &str = "other doors";
const OTHERS_AS_OFTEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(6000).unwrap();
const PER_BROWSER: NonZeroU32 = NonZeroU32::new(120).unwrap();

/// So many callers of one kind are remembered; beyond that, some are forgotten and may begin anew. A flood of addresses takes no more memory
/// than this: some 30 MB.
const MAX_CALLERS: u64 = 100_000;
/// Whoever was silent for as long may call a minute's worth again: there is nothing to remember.
const REMEMBERED_FOR: Duration = Duration::from_secs(61);

pub(super) struct Limits {
    addresses: Limiter<IpAddr>,
    browsers: Limiter<String>,
    browsers_elsewhere: Limiter<String>,
}

/// The limit of one kind of caller.
struct Limiter<K, C: Clock = MonotonicClock> {
    quota: Option<Quota>,
    clock: C,
    callers: Cache<(&'static str, K), Arc<Caller<C>>>,
}

/// What is left to one caller.
struct Caller<C: Clock> {
    left: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    /// Whether it was refused since it last was let in: one line in the log says so, however often it comes.
    is_refused: AtomicBool,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { per_address: Some(PER_ADDRESS), per_browser: Some(PER_BROWSER) }
    }
}

impl Limits {
    pub(super) fn new(settings: LimitSettings) -> Self {
        let elsewhere = settings.per_browser.map(|per_minute| per_minute.saturating_mul(OTHERS_AS_OFTEN));
        Self {
            addresses: Limiter::new(settings.per_address, MAX_CALLERS, MonotonicClock),
            browsers: Limiter::new(settings.per_browser, MAX_CALLERS, MonotonicClock),
            browsers_elsewhere: Limiter::new(elsewhere, MAX_CALLERS, MonotonicClock),
        }
    }

    pub(super) async fn allow_address(
        &self,
        method: &Method,
        path: &str,
        address: ClientAddress,
    ) -> Result<(), TooMany> {
        let Some(door) = limited(method, path) else { return Ok(()) };
        self.addresses.allow(door, address.network(), "address").await
    }

    pub(super) async fn allow_browser(&self, method: &Method, path: &str, browser: &str) -> Result<(), TooMany> {
        match limited(method, path) {
            Some(door) => self.browsers.allow(door, browser.to_owned(), "browser").await,
            None => self.browsers_elsewhere.allow(OTHER_DOORS, browser.to_owned(), "browser").await,
        }
    }
}

impl<K, C> Limiter<K, C>
where
    K: Hash + Eq + Send + Sync + 'static,
    C: Clock + Clone + Send + Sync + 'static,
    C::Instant: Send + Sync,
{
    fn new(per_minute: Option<NonZeroU32>, max_callers: u64, clock: C) -> Self {
        let callers = Cache::builder().max_capacity(max_callers).time_to_idle(REMEMBERED_FOR).build();
        Self { quota: per_minute.map(Quota::per_minute), clock, callers }
    }

    async fn allow(&self, door: &'static str, caller: K, kind: &'static str) -> Result<(), TooMany> {
        let Some(quota) = self.quota else { return Ok(()) };
        let key = (door, caller);
        let caller = match self.callers.get(&key).await {
            Some(known) => known,
            // Boxed, as it is large: a call of somebody who is known has no room to make for it.
            None => Box::pin(self.callers.get_with(key, self.new_caller(quota))).await,
        };
        match caller.left.check() {
            Ok(()) => {
                caller.is_refused.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(not_yet) => {
                let wait = not_yet.wait_time_from(self.clock.now());
                let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                metrics::limited(door, kind);
                if !caller.is_refused.swap(true, Ordering::Relaxed) {
                    let reason =
                        format!("{door}: too many calls of one {kind}, which may come again in {retry_after} s");
                    audit::record(Event::LimitReached, None, Some(&reason));
                }
                Err(TooMany { retry_after: retry_after.max(1) })
            }
        }
    }

    async fn new_caller(&self, quota: Quota) -> Arc<Caller<C>> {
        let left = RateLimiter::direct_with_clock(quota, self.clock.clone());
        Arc::new(Caller { left, is_refused: AtomicBool::new(false) })
    }
}

fn limited(method: &Method, path: &str) -> Option<&'static str> {
    let found = DOORS.iter().find(|(door, only)| *door == path && only.as_ref().is_none_or(|only| only == method));
    found.map(|(door, _)| *door)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limiter(per_minute: u32, max_callers: u64) -> (Limiter<u32, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::new(NonZeroU32::new(per_minute), max_callers, clock.clone()), clock)
    }

    #[tokio::test]
    async fn a_minutes_worth_may_come_at_once_and_the_wait_is_told() {
        // T106
        let (limiter, clock) = limiter(6, 100);
        for _ in 0..6 {
            limiter.allow("/door", 1, "test").await.unwrap();
        }
        assert_eq!(limiter.allow("/door", 1, "test").await, Err(TooMany { retry_after: 10 }));
        limiter.allow("/door", 2, "test").await.unwrap();
        limiter.allow("/other", 1, "test").await.unwrap();
        clock.advance(Duration::from_millis(8500));
        assert_eq!(limiter.allow("/door", 1, "test").await, Err(TooMany { retry_after: 2 }));
        clock.advance(Duration::from_secs(2));
        limiter.allow("/door", 1, "test").await.unwrap();
        assert!(limiter.allow("/door", 1, "test").await.is_err());
    }

    #[tokio::test]
    async fn a_flood_of_callers_takes_no_more_room_than_there_is() {
        // T106
        let (limiter, _) = limiter(6, 1_000);
        for caller in 1..20_000 {
            limiter.allow("/door", caller, "test").await.unwrap();
        }
        limiter.callers.run_pending_tasks().await;
        assert!(limiter.callers.entry_count() <= 1_000, "{}", limiter.callers.entry_count());
    }

    #[tokio::test]
    async fn without_a_limit_nobody_is_remembered() {
        let (limiter, _) = limiter(0, 100);
        for _ in 0..1_000 {
            limiter.allow("/door", 1, "test").await.unwrap();
        }
        limiter.callers.run_pending_tasks().await;
        assert_eq!(limiter.callers.entry_count(), 0);
    }

    #[test]
    fn a_guarded_read_is_not_limited_where_sending_is() {
        assert_eq!(limited(&Method::POST, "/api/chat"), Some("/api/chat"));
        assert_eq!(limited(&Method::GET, "/api/chat"), None);
        assert_eq!(limited(&Method::HEAD, "/api/authorize"), Some("/api/authorize"));
        assert_eq!(limited(&Method::POST, "/api/chat/stop"), None);
    }
}
