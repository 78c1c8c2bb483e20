//! Rate limits, per minute: a minute's worth may come at once.
//!
//! No limit is keyed by something unverified, or one caller could use up another's. So
//!
//! - an *address* is charged only for calls that identify nobody: such a call is refused in any case, and a company behind
//!   one address goes on working while one client there floods us;
//! - a *key* and its *user* are charged for calls with a verified proof.
//!
//! `GET /api/authorize` is the one honest call by a key that no user has signed in with. It has a limit of its own for each
//! address; a known key is charged to its user instead. docs/security.md has the reasons.
//!
//! # Used proofs
//!
//! The `jti` of a used proof is stored for some minutes, and when the store is full, all proofs are refused. Both limits are
//! charged before that, so one user can store no more than `per_person` times those minutes: with the defaults, some 15,000
//! of a million, as a test below calculates.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::Method;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::future::Cache;

use super::{ClientAddress, known_keys::Person};
use crate::server::observe::{
    audit::{self, Event},
    metrics,
};

/// Calls a minute; `None` is without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `RATE_LIMIT_PER_ADDRESS`: calls that identify nobody. Those without a good proof, and those with one by an unknown
    /// key, are counted apart; logins may be begun by unknown keys [`BEGUN_LOGINS_AS_OFTEN`] as often.
    pub per_address: Option<NonZeroU32>,
    /// `RATE_LIMIT_PER_BROWSER`: of each limited endpoint. All others together may be called [`OTHERS_AS_OFTEN`] as often.
    pub per_browser: Option<NonZeroU32>,
    /// `RATE_LIMIT_PER_PERSON`: all calls of a user's browsers together.
    pub per_person: Option<NonZeroU32>,
    /// `SESSIONS_PER_PERSON`
    pub sessions_per_person: Option<NonZeroU32>,
    /// `STREAMS_PER_PERSON`: streams of events that are open at a time, at each server.
    pub streams_per_person: Option<NonZeroU32>,
}

/// Too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// In seconds.
    pub retry_after: u64,
}

/// Endpoints with a limit of their own: the path and, where other methods there are not limited, the method.
const ENDPOINTS: [(&str, Option<Method>); 5] = [
    ("/api/authorize", None),
    ("/api/token", None),
    ("/api/refresh", None),
    ("/api/logout", None),
    ("/api/chat", Some(Method::POST)),
];

/// The name of all endpoints that are not in the list.
const OTHERS: &str = "others";
const OTHERS_AS_OFTEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How the calls of an address that identify nobody are counted.
const UNPROVEN: &str = "unproven";
const UNKNOWN_KEY: &str = "unknown key";
const BEGUN_LOGIN: &str = "begun login";
/// 50,000 users with new browsers behind one address can begin their logins within three minutes, and the unfinished
/// logins of one address stay below 180,000 records.
const BEGUN_LOGINS_AS_OFTEN: NonZeroU32 = NonZeroU32::new(3).unwrap();

const ALL: &str = "all";

const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(6_000).unwrap();
const PER_BROWSER: NonZeroU32 = NonZeroU32::new(120).unwrap();
const PER_PERSON: NonZeroU32 = NonZeroU32::new(3_000).unwrap();
const SESSIONS_PER_PERSON: NonZeroU32 = NonZeroU32::new(20).unwrap();
const STREAMS_PER_PERSON: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// Callers of one kind; beyond that, some are dropped and start anew. A flood of addresses takes no more memory than this:
/// some 30 MB.
const MAX_CALLERS: u64 = 100_000;
/// A caller that was silent for as long starts with a full quota again, so this must be longer than the period of every
/// quota: a minute.
const REMEMBERED_FOR: Duration = Duration::from_secs(61);

pub(super) struct Limits {
    addresses: Limiter<IpAddr>,
    begun_logins: Limiter<IpAddr>,
    browsers: Limiter<Browser>,
    browsers_elsewhere: Limiter<Browser>,
    people: Limiter<Person>,
}

/// The SHA-256 of what a browser is known by: the thumbprint of its key, or the hash of its bearer token.
type Browser = [u8; 32];

/// The limit of one kind of caller.
struct Limiter<K, C: Clock = MonotonicClock> {
    quota: Option<Quota>,
    clock: C,
    callers: Cache<(&'static str, K), Arc<Left<C>>>,
}

/// What is left to one caller.
type Left<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl LimitSettings {
    pub const DEFAULT: Self = Self {
        per_address: Some(PER_ADDRESS),
        per_browser: Some(PER_BROWSER),
        per_person: Some(PER_PERSON),
        sessions_per_person: Some(SESSIONS_PER_PERSON),
        streams_per_person: Some(STREAMS_PER_PERSON),
    };
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Creates the counters of all limits, at zero.
pub fn declare_metrics() {
    for calls in [UNPROVEN, UNKNOWN_KEY, BEGUN_LOGIN] {
        metrics::declare_limited(calls, "address");
    }
    for calls in ENDPOINTS.iter().map(|(endpoint, _)| *endpoint).chain([OTHERS]) {
        metrics::declare_limited(calls, "browser");
    }
    metrics::declare_limited(ALL, "person");
}

impl Limits {
    pub(super) fn new(settings: LimitSettings) -> Self {
        let times = |limit: Option<NonZeroU32>, factor| limit.map(|per_minute| per_minute.saturating_mul(factor));
        let begun_logins = times(settings.per_address, BEGUN_LOGINS_AS_OFTEN);
        let elsewhere = times(settings.per_browser, OTHERS_AS_OFTEN);
        Self {
            addresses: Limiter::new(settings.per_address, MAX_CALLERS, MonotonicClock),
            begun_logins: Limiter::new(begun_logins, MAX_CALLERS, MonotonicClock),
            browsers: Limiter::new(settings.per_browser, MAX_CALLERS, MonotonicClock),
            browsers_elsewhere: Limiter::new(elsewhere, MAX_CALLERS, MonotonicClock),
            people: Limiter::new(settings.per_person, MAX_CALLERS, MonotonicClock),
        }
    }

    /// One more call without a good proof or token.
    pub(super) async fn allow_unproven(&self, address: ClientAddress) -> Result<(), TooMany> {
        self.addresses.allow(UNPROVEN, address.network(), "address").await
    }

    /// One more call with a good proof by a key that is not known to be a user's.
    pub(super) async fn allow_unknown_key(&self, address: ClientAddress) -> Result<(), TooMany> {
        self.addresses.allow(UNKNOWN_KEY, address.network(), "address").await
    }

    /// One more login begun by such a key.
    pub(super) async fn allow_login(&self, address: ClientAddress) -> Result<(), TooMany> {
        self.begun_logins.allow(BEGUN_LOGIN, address.network(), "address").await
    }

    pub(super) async fn allow_browser(&self, method: &Method, path: &str, browser: Browser) -> Result<(), TooMany> {
        match limited(method, path) {
            Some(endpoint) => self.browsers.allow(endpoint, browser, "browser").await,
            None => self.browsers_elsewhere.allow(OTHERS, browser, "browser").await,
        }
    }

    pub(super) async fn allow_person(&self, person: Person) -> Result<(), TooMany> {
        self.people.allow(ALL, person, "person").await
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

    /// `calls` names those that are counted together.
    async fn allow(&self, calls: &'static str, caller: K, kind: &'static str) -> Result<(), TooMany> {
        let Some(quota) = self.quota else { return Ok(()) };
        let key = (calls, caller);
        let left = match self.callers.get(&key).await {
            Some(known) => known,
            None => self.callers.get_with(key, self.of_new_caller(quota)).await,
        };
        let Err(not_yet) = left.check() else { return Ok(()) };
        let wait = not_yet.wait_time_from(self.clock.now());
        let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        metrics::limited(calls, kind);
        let reason = format_args!("{calls}: too many calls of one {kind}, which may come again in {retry_after} s");
        audit::record(Event::LimitReached, None, Some(&reason));
        Err(TooMany { retry_after: retry_after.max(1) })
    }

    async fn of_new_caller(&self, quota: Quota) -> Arc<Left<C>> {
        Arc::new(RateLimiter::direct_with_clock(quota, self.clock.clone()))
    }
}

fn limited(method: &Method, path: &str) -> Option<&'static str> {
    let found =
        ENDPOINTS.iter().find(|(endpoint, only)| *endpoint == path && only.as_ref().is_none_or(|only| only == method));
    found.map(|(endpoint, _)| *endpoint)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;
    use crate::server::{
        auth::dpop::{NONCE_LIFETIME, REPLICA_SKEW},
        store::MAX_USED_PROOFS,
    };

    fn limiter(per_minute: u32, max_callers: u64) -> (Limiter<u32, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::new(NonZeroU32::new(per_minute), max_callers, clock.clone()), clock)
    }

    #[tokio::test]
    async fn a_minutes_worth_may_come_at_once_and_the_refusal_says_how_long_to_wait() {
        // T106
        let (limiter, clock) = limiter(6, 100);
        for _ in 0..6 {
            limiter.allow("/endpoint", 1, "test").await.unwrap();
        }
        assert_eq!(limiter.allow("/endpoint", 1, "test").await, Err(TooMany { retry_after: 10 }));
        limiter.allow("/endpoint", 2, "test").await.unwrap();
        limiter.allow("/other", 1, "test").await.unwrap();
        clock.advance(Duration::from_millis(8500));
        assert_eq!(limiter.allow("/endpoint", 1, "test").await, Err(TooMany { retry_after: 2 }));
        clock.advance(Duration::from_secs(2));
        limiter.allow("/endpoint", 1, "test").await.unwrap();
        assert!(limiter.allow("/endpoint", 1, "test").await.is_err());
    }

    #[tokio::test]
    async fn a_flood_of_callers_takes_no_more_room_than_there_is() {
        // T106
        let (limiter, _) = limiter(6, 1_000);
        for caller in 1..20_000 {
            limiter.allow("/endpoint", caller, "test").await.unwrap();
        }
        limiter.callers.run_pending_tasks().await;
        assert!(limiter.callers.entry_count() <= 1_000, "{}", limiter.callers.entry_count());
    }

    #[tokio::test]
    async fn without_a_limit_nobody_is_remembered() {
        let (limiter, _) = limiter(0, 100);
        for _ in 0..1_000 {
            limiter.allow("/endpoint", 1, "test").await.unwrap();
        }
        limiter.callers.run_pending_tasks().await;
        assert_eq!(limiter.callers.entry_count(), 0);
    }

    #[test]
    fn one_person_cannot_fill_the_memory_of_used_proofs() {
        // T69, T106
        // From a nonce of a replica whose clock is ahead to the end at one whose clock is behind.
        let remembered_for = NONCE_LIFETIME + 2 * REPLICA_SKEW;
        // And one more, as a minute's worth may come at once.
        let minutes = remembered_for.as_secs().div_ceil(60) as usize + 1;
        let of_one_person = PER_PERSON.get() as usize * minutes;
        assert!(of_one_person * 50 < MAX_USED_PROOFS, "{of_one_person} of {MAX_USED_PROOFS}");
        // Nor can one address with keys that it makes up: only a login that is begun uses up such a proof.
        let of_one_address = (PER_ADDRESS.get() * BEGUN_LOGINS_AS_OFTEN.get()) as usize * minutes;
        assert!(of_one_address * 10 < MAX_USED_PROOFS, "{of_one_address} of {MAX_USED_PROOFS}");
    }

    #[test]
    fn a_guarded_read_is_not_limited_where_sending_is() {
        assert_eq!(limited(&Method::POST, "/api/chat"), Some("/api/chat"));
        assert_eq!(limited(&Method::GET, "/api/chat"), None);
        assert_eq!(limited(&Method::HEAD, "/api/authorize"), Some("/api/authorize"));
        assert_eq!(limited(&Method::POST, "/api/chat/stop"), None);
    }
}
