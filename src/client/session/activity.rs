//! When the person last used the page: pressed a key, touched, clicked or scrolled. Timers and answers of the server do
//! not count.
//!
//! All tabs of a browser share it in the local storage, which also outlives a reload.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures_channel::mpsc;

use super::lifetime::Moment;
use crate::client::platform::{
    clock,
    listeners::{self, Listener},
    web_storage::LOCAL_STORAGE,
};

/// The time of the last input in any tab, in milliseconds since 1970.
const NAME: &str = "oracle-ai.last_input";

/// It is stored this often at most.
const STORE_INTERVAL: Duration = Duration::from_secs(2);

/// The clocks of two tabs may differ by this much: each belongs to a process of its own.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// Input is reported this often at most: a wheel sends many events a second.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

const INPUTS: [&str; 5] = ["keydown", "pointerdown", "wheel", "touchmove", "input"];

thread_local! {
    static LAST_INPUT: RefCell<Option<LastInput>> = const { RefCell::new(None) };
}

/// The last input that this page knows of.
#[derive(Clone, Debug, PartialEq)]
struct LastInput {
    at: Moment,
    /// The time that this page last read from the storage, or wrote there.
    stored: Duration,
}

/// Receives input, a few times a second at most, until the listeners are dropped.
pub fn inputs() -> ([Listener; INPUTS.len()], mpsc::UnboundedReceiver<()>) {
    let (sender, inputs) = mpsc::unbounded();
    let last = Rc::new(Cell::new(Duration::ZERO));
    let listen = |event| {
        let (sender, last) = (sender.clone(), last.clone());
        listeners::trusted_events(event, move || {
            let now = clock::monotonic();
            if now.saturating_sub(last.get()) >= REPORT_INTERVAL {
                last.set(now);
                // Fails only when the receiver was dropped.
                let _ = sender.unbounded_send(());
            }
        })
    };
    (INPUTS.map(listen), inputs)
}

/// The person is using the page now.
pub fn record_input() {
    let now = Moment::now();
    let must_store = with_last_input(now, |last| last.record(now));
    if must_store {
        LOCAL_STORAGE.set(NAME, &now.wall().as_millis().to_string());
    }
}

/// Time since the last input in any tab.
pub fn idle() -> Duration {
    let now = Moment::now();
    with_last_input(now, |last| {
        last.update(now, stored());
        now.since(last.at)
    })
}

/// Time since the last input that this page knows of, without reading the storage.
pub fn idle_in_this_tab() -> Duration {
    let now = Moment::now();
    with_last_input(now, |last| now.since(last.at))
}

fn with_last_input<T>(now: Moment, work: impl FnOnce(&mut LastInput) -> T) -> T {
    LAST_INPUT.with_borrow_mut(|last| work(last.get_or_insert_with(|| LastInput::new(now, stored()))))
}

fn stored() -> Option<Duration> {
    LOCAL_STORAGE.get(NAME)?.parse().ok().map(Duration::from_millis)
}

impl LastInput {
    /// When a page starts: what other pages have stored, or else now.
    fn new(now: Moment, stored: Option<Duration>) -> Self {
        let age = stored.and_then(|stored| now.wall().checked_sub(stored)).unwrap_or_default();
        Self { at: now.before(age), stored: stored.unwrap_or_default() }
    }

    /// Returns whether to store it for the other tabs.
    fn record(&mut self, now: Moment) -> bool {
        self.at = now;
        // Not fresh either where the clock was set back.
        let is_fresh = now.wall().checked_sub(self.stored).is_some_and(|age| age < STORE_INTERVAL);
        if !is_fresh {
            self.stored = now.wall();
        }
        !is_fresh
    }

    /// Takes the time that another tab has stored, where it is new and more recent. A time far in the future is ignored:
    /// the clock was set back.
    fn update(&mut self, now: Moment, stored: Option<Duration>) {
        let Some(stored) = stored.filter(|stored| *stored != self.stored) else { return };
        self.stored = stored;
        let age = (now.wall() + CLOCK_TOLERANCE).checked_sub(stored).map(|age| age.saturating_sub(CLOCK_TOLERANCE));
        if let Some(age) = age.filter(|age| *age < now.since(self.at)) {
            self.at = now.before(age);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000;

    fn at(second: u64) -> Moment {
        Moment::at(second, START + second)
    }

    fn wall(second: u64) -> Option<Duration> {
        Some(Duration::from_secs(START + second))
    }

    fn idle(last: &LastInput, now: Moment) -> u64 {
        now.since(last.at).as_secs()
    }

    #[test]
    fn input_in_another_tab_counts_and_older_input_does_not() {
        let mut last = LastInput::new(at(0), None);
        assert_eq!(idle(&last, at(100)), 100);
        last.update(at(100), wall(90));
        assert_eq!(idle(&last, at(100)), 10);
        last.record(at(150));
        last.update(at(160), wall(120));
        assert_eq!(idle(&last, at(160)), 10);
    }

    #[test]
    fn a_page_continues_from_the_last_input_of_the_pages_before_it() {
        let last = LastInput::new(at(1), Some(Duration::from_secs(START - 600)));
        assert_eq!(idle(&last, at(1)), 601);
        assert_eq!(idle(&LastInput::new(at(1), None), at(1)), 0);
    }

    #[test]
    fn input_in_a_tab_whose_clock_is_a_little_ahead_counts() {
        let mut last = LastInput::new(at(0), None);
        last.update(at(100), wall(103));
        assert_eq!(idle(&last, at(100)), 0);
        assert_eq!(idle(&last, at(110)), 10);
    }

    #[test]
    fn a_time_far_in_the_future_is_ignored() {
        let mut last = LastInput::new(at(0), None);
        last.update(at(100), wall(5000));
        assert_eq!(idle(&last, at(100)), 100);
        assert_eq!(idle(&LastInput::new(at(0), wall(5000)), at(10)), 10);
    }

    #[test]
    fn a_sleep_in_which_the_monotonic_clock_stopped_is_idle_time() {
        let last = LastInput::new(at(0), None);
        assert_eq!(idle(&last, Moment::at(1, START + 3600)), 3600);
        assert_eq!(idle(&last, Moment::at(3600, START - 3600)), 3600, "a clock set back");
    }

    #[test]
    fn input_is_stored_every_two_seconds_at_most() {
        let mut last = LastInput::new(at(0), None);
        let stored: Vec<u64> = (0..6).filter(|second| last.record(at(*second))).collect();
        assert_eq!(stored, [0, 2, 4]);
        assert!(last.record(Moment::at(7, START - 100)), "a clock set back");
    }
}
