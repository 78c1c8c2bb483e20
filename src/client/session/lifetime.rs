//! How long something is valid, by a browser's two clocks: one may stop while the machine sleeps, the other can be set.
//! The one by which more time has passed counts.

use std::time::Duration;

use crate::client::platform::clock;

/// An access token is refreshed this long before it expires, or in the last fifth of a short lifetime.
const AHEAD: Duration = Duration::from_secs(60);

/// But not more often than this: near the end of a session, providers shorten the lifetime of tokens.
const MIN_INTERVAL: Duration = Duration::from_secs(15);

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Since the page was opened. It can't be set, but in Chromium on Linux and macOS it stops while the machine sleeps.
    monotonic: Duration,
    /// Since 1970. It goes on while the machine sleeps, but may be wrong, and may be set at any time.
    wall: Duration,
}

/// `length` from `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    length: Duration,
    start: Moment,
}

impl Moment {
    pub fn now() -> Self {
        Self { monotonic: clock::monotonic(), wall: clock::wall_clock() }
    }

    /// The moment `age` ago.
    pub fn before(self, age: Duration) -> Self {
        Self { monotonic: self.monotonic.saturating_sub(age), wall: self.wall.saturating_sub(age) }
    }

    /// Since 1970, by a clock that may be wrong.
    pub fn wall(self) -> Duration {
        self.wall
    }

    /// By the clock by which more time has passed: a clock set forward costs a refresh, one set back costs nothing.
    pub fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        monotonic.max(self.wall.saturating_sub(earlier.wall))
    }
}

impl Lifetime {
    /// `expires_in`: seconds, as the server sends it (T51).
    pub fn new(start: Moment, expires_in: u64) -> Self {
        Self { length: Duration::from_secs(expires_in), start }
    }

    pub fn remaining(self, now: Moment) -> Duration {
        self.length.saturating_sub(now.since(self.start))
    }

    pub fn is_over(self, now: Moment) -> bool {
        self.remaining(now).is_zero()
    }

    /// How long until a token with this lifetime is to be refreshed; zero when that is due.
    pub fn until_due(self, now: Moment) -> Duration {
        let due = self.length.saturating_sub(AHEAD.min(self.length / 5)).max(MIN_INTERVAL);
        due.saturating_sub(now.since(self.start))
    }

    pub fn is_due(self, now: Moment) -> bool {
        self.until_due(now).is_zero()
    }
}

#[cfg(test)]
impl Moment {
    pub fn at(monotonic: u64, wall: u64) -> Self {
        Self { monotonic: Duration::from_secs(monotonic), wall: Duration::from_secs(wall) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(monotonic: u64, wall: u64) -> Moment {
        Moment::at(monotonic, wall)
    }

    const START: u64 = 1_800_000_000;

    fn five_minutes() -> Lifetime {
        Lifetime::new(at(7, START), 300)
    }

    #[test]
    fn it_ends_when_its_seconds_have_passed() {
        assert_eq!(five_minutes().remaining(at(7 + 299, START + 299)), Duration::from_secs(1));
        assert!(five_minutes().is_over(at(7 + 300, START + 300)));
    }

    #[test]
    fn a_sleep_in_which_the_monotonic_clock_stood_still_counts() {
        assert!(five_minutes().is_over(at(8, START + 3600)));
    }

    #[test]
    fn a_wall_clock_set_back_makes_nothing_last_longer() {
        assert!(five_minutes().is_over(at(7 + 300, START - 3600)));
        assert_eq!(five_minutes().remaining(at(7 + 100, START - 3600)), Duration::from_secs(200));
    }

    #[test]
    fn a_wall_clock_that_was_always_wrong_changes_nothing() {
        let lifetime = Lifetime::new(at(7, 0), 300);
        assert_eq!(lifetime.remaining(at(17, 10)), Duration::from_secs(290));
    }

    #[test]
    fn it_is_refreshed_a_minute_or_a_fifth_before_its_end() {
        for (expires_in, due) in [(3600, 3540), (300, 240), (100, 80)] {
            let lifetime = Lifetime::new(at(0, START), expires_in);
            assert_eq!(lifetime.until_due(at(0, START)), Duration::from_secs(due), "{expires_in}");
            assert!(lifetime.is_due(at(due, START + due)));
        }
    }

    #[test]
    fn very_short_and_very_long_lifetimes_cause_neither_a_storm_nor_a_panic() {
        for expires_in in [0, 1, 5, 15] {
            assert_eq!(
                Lifetime::new(at(0, START), expires_in).until_due(at(0, START)),
                Duration::from_secs(15),
                "{expires_in}"
            );
        }
        for expires_in in [30 * 24 * 3600, u64::MAX] {
            let lifetime = Lifetime::new(at(0, START), expires_in);
            assert_eq!(lifetime.until_due(at(0, START)), Duration::from_secs(expires_in - 60));
        }
    }
}
