//! Times in milliseconds: half the size of a `SystemTime`, and the same at all servers.

use std::{
    ops::Add,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Milliseconds since 1970. Earlier times become 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

impl From<SystemTime> for UnixMillis {
    fn from(time: SystemTime) -> Self {
        Self(whole_millis(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

impl From<UnixMillis> for SystemTime {
    /// A time that the system can't represent becomes 1970, so that such a record has expired.
    fn from(time: UnixMillis) -> Self {
        UNIX_EPOCH.checked_add(Duration::from_millis(time.0)).unwrap_or(UNIX_EPOCH)
    }
}

impl Add<Duration> for UnixMillis {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(duration)))
    }
}

/// The duration in milliseconds, at most `u64::MAX`.
pub fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_down_to_the_millisecond() {
        let time = UNIX_EPOCH + Duration::new(1_800_000_000, 123_999_999);
        assert_eq!(SystemTime::from(UnixMillis::from(time)), UNIX_EPOCH + Duration::from_millis(1_800_000_000_123));
        assert_eq!(UnixMillis::from(UNIX_EPOCH - Duration::from_secs(1)), UnixMillis(0));
        assert_eq!(UnixMillis(5) + Duration::MAX, UnixMillis(u64::MAX));
    }
}
