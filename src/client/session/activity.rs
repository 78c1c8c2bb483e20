//! When the person last did something: pressed a key, touched or clicked, scrolled. What a timer or the server does is no
//! activity.
//!
//! All tabs of a browser share it, through `localStorage`, which also outlives a reload.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures_channel::mpsc;

use super::lifetime::Moment;
use crate::client::platform::{
    browser,
    listeners::{self, Listener},
};

/// The time of the last input in any tab, in milliseconds since 1970.
const NAME: &str = "oracle-ai.last_input";

/// Written no more often than this.
const WRITTEN_EVERY: Duration = Duration::from_secs(2);

/// A wheel turns many times a second.
const NOTICED_EVERY: Duration = Duration::from_millis(200);

const INPUTS: [&str; 5] = ["keydown", "pointerdown", "wheel", "touchmove", "input"];

thread_local! {
    static LAST_INPUT: RefCell<Option<LastInput>> = const { RefCell::new(None) };
}

/// The last input, as this page knows it.
#[derive(Clone, Debug, PartialEq)]
struct LastInput {
    at: Moment,
    /// The latest time that was read from storage, or written there.
    stored: Duration,
}

/// Tells of the person's input, a few times a second at most, while the listeners are there.
pub fn inputs() -> ([Listener; INPUTS.len()], mpsc::UnboundedReceiver<()>) {
    let (noticed, inputs) = mpsc::unbounded();
    let last = Rc::new(Cell::new(Duration::ZERO));
    let listen = |event| {
        let (noticed, last) = (noticed.clone(), last.clone());
        listeners::by_person(event, move || {
            let now = browser::monotonic();
            if now.saturating_sub(last.get()) >= NOTICED_EVERY {
                last.set(now);
                // Fails only when nobody listens any more.
                let _ = noticed.unbounded_send(());
            }
        })
    };
    (INPUTS.map(listen), inputs)
}

/// The person has just done something.
pub fn note() {
    let now = Moment::now();
    let is_to_be_written = with_last_input(now, |last| last.note(now));
    if is_to_be_written {
        browser::keep_for_ever(NAME, &now.wall().as_millis().to_string());
    }
}

/// How long the person has done nothing, in any tab.
pub fn idle() -> Duration {
    let now = Moment::now();
    with_last_input(now, |last| {
        last.learn(now, stored());
        now.since(last.at)
    })
}

/// The same as far as this page knows by itself, without a look at the storage.
pub fn idle_here() -> Duration {
    let now = Moment::now();
    with_last_input(now, |last| now.since(last.at))
}

fn with_last_input<T>(now: Moment, work: impl FnOnce(&mut LastInput) -> T) -> T {
    LAST_INPUT.with_borrow_mut(|last| work(last.get_or_insert_with(|| LastInput::begins(now, stored()))))
}

fn stored() -> Option<Duration> {
    browser::kept_for_ever(NAME)?.parse().ok().map(Duration::from_millis)
}

impl LastInput {
    /// As a page begins: it goes on from what other pages have stored, or else counts from now.
    fn begins(now: Moment, stored: Option<Duration>) -> Self {
        let age = stored.and_then(|stored| now.wall().checked_sub(stored)).unwrap_or_default();
        Self { at: now.before(age), stored: stored.unwrap_or_default() }
    }

    /// Tells whether the other tabs are to know.
    fn note(&mut self, now: Moment) -> bool {
        self.at = now;
        // Also where the clock was set back.
        let is_fresh = now.wall().checked_sub(self.stored).is_some_and(|age| age < WRITTEN_EVERY);
        if !is_fresh {
            self.stored = now.wall();
        }
        !is_fresh
    }

    /// Takes what another tab has stored, where that is new and more recent. A time of the future is none: the clock was
    /// set back.
    fn learn(&mut self, now: Moment, stored: Option<Duration>) {
        let Some(stored) = stored.filter(|stored| *stored != self.stored) else { return };
        self.stored = stored;
        if let Some(age) = now.wall().checked_sub(stored).filter(|age| *age < now.since(self.at)) {
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
        let mut last = LastInput::begins(at(0), None);
        assert_eq!(idle(&last, at(100)), 100);
        last.learn(at(100), wall(90));
        assert_eq!(idle(&last, at(100)), 10);
        last.note(at(150));
        last.learn(at(160), wall(120));
        assert_eq!(idle(&last, at(160)), 10);
    }

    #[test]
    fn a_page_goes_on_from_the_last_input_of_the_pages_before_it() {
        let last = LastInput::begins(at(1), Some(Duration::from_secs(START - 600)));
        assert_eq!(idle(&last, at(1)), 601);
        assert_eq!(idle(&LastInput::begins(at(1), None), at(1)), 0);
    }

    #[test]
    fn a_time_of_the_future_is_no_input() {
        let mut last = LastInput::begins(at(0), None);
        last.learn(at(100), wall(5000));
        assert_eq!(idle(&last, at(100)), 100);
        assert_eq!(idle(&LastInput::begins(at(0), wall(5000)), at(10)), 10);
    }

    #[test]
    fn a_sleep_in_which_the_monotonic_clock_stood_still_is_idle_time() {
        let last = LastInput::begins(at(0), None);
        assert_eq!(idle(&last, Moment::at(1, START + 3600)), 3600);
        assert_eq!(idle(&last, Moment::at(3600, START - 3600)), 3600, "a clock set back");
    }

    #[test]
    fn other_tabs_are_told_every_two_seconds_at_most() {
        let mut last = LastInput::begins(at(0), None);
        let told: Vec<u64> = (0..6).filter(|second| last.note(at(*second))).collect();
        assert_eq!(told, [0, 2, 4]);
        assert!(last.note(Moment::at(7, START - 100)), "a clock set back");
    }
}
