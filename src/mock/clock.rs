//! The clock of the mocks. A test moves it, so that what takes hours is tested in seconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// The machine's clock, and by how much a test has moved it. Clones are moved together.
#[derive(Debug, Clone, Default)]
pub struct MovableClock {
    /// In seconds; negative: behind the machine's clock.
    offset: Arc<AtomicI64>,
}

/// A move that would leave the range in which all times can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock can be at most {} seconds away from the machine's", MAX_OFFSET)]
pub struct TooFar;

/// Ten years.
const MAX_OFFSET: i64 = 10 * 365 * 24 * 60 * 60;

impl MovableClock {
    pub fn now(&self) -> SystemTime {
        let offset = self.offset();
        let by = Duration::from_secs(offset.unsigned_abs());
        match offset {
            0.. => SystemTime::now() + by,
            _ => SystemTime::now() - by,
        }
    }

    /// How many seconds it is ahead of the machine's clock.
    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    pub fn set_offset(&self, seconds: i64) -> Result<(), TooFar> {
        self.change_offset(|_| Some(seconds))
    }

    pub fn advance(&self, seconds: i64) -> Result<(), TooFar> {
        self.change_offset(|offset| offset.checked_add(seconds))
    }

    fn change_offset(&self, change: impl Fn(i64) -> Option<i64>) -> Result<(), TooFar> {
        let is_near = |offset: &i64| offset.unsigned_abs() <= MAX_OFFSET.unsigned_abs();
        let changed =
            self.offset.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |offset| change(offset).filter(is_near));
        changed.map(drop).map_err(|_| TooFar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_moved_together_and_steps_add_up() {
        let clock = MovableClock::default();
        let clone = clock.clone();
        clock.advance(3600).unwrap();
        clock.advance(-600).unwrap();
        assert_eq!(clone.offset(), 3000);
        let ahead = clone.now().duration_since(SystemTime::now()).unwrap();
        assert!((2999..=3000).contains(&ahead.as_secs()), "{ahead:?}");
        clone.set_offset(-60).unwrap();
        assert!(clock.now() < SystemTime::now());
    }

    #[test]
    fn a_move_that_is_too_far_changes_nothing() {
        let clock = MovableClock::default();
        clock.advance(60).unwrap();
        for seconds in [MAX_OFFSET, i64::MAX, i64::MIN] {
            assert_eq!(clock.advance(seconds), Err(TooFar), "{seconds}");
        }
        assert_eq!(clock.set_offset(i64::MIN), Err(TooFar));
        assert_eq!(clock.offset(), 60);
    }
}
