//! The two limits of a session: its idle timeout and its lifetime. The page warns two minutes before the nearer one, and
//! signs out then (WCAG 2.2, success criterion 2.2.1). The server ends the session in any case.

use std::{pin::pin, time::Duration};

use dioxus::prelude::*;
use futures_util::{
    StreamExt,
    future::{Either, select},
};

use super::{
    activity,
    auth::Auth,
    lifetime::Moment,
    state::{Limit, Warning},
};
use crate::{
    client::platform::{clock, visibility},
    wire::auth::SessionId,
};

/// The warning comes this long before the end; before a short idle timeout, half of it.
const WARNING_TIME: Duration = Duration::from_secs(120);

/// How often the limits are checked at least: input in another tab moves the end.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// How often they are checked while the warning counts down.
const TICK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No warning for this long.
    Quiet(Duration),
    Warn(Limit, Duration),
    Over(Limit),
}

impl Auth {
    /// Warns and signs out in time, until it is dropped.
    pub async fn watch_limits(mut self, session: SessionId) {
        self.lifetime_warning_dismissed.set(false);
        let (_listeners, mut inputs) = activity::inputs();
        let mut wakes = pin!(visibility::wakes());
        while self.holds_session(&session) {
            let mut next_check = pin!(clock::sleep(self.check_limits()));
            // Input only moves the end further away, so it needs no check before the next one.
            while let Either::Left((Either::Left(_), _)) =
                select(select(inputs.next(), wakes.next()), &mut next_check).await
            {
                self.on_input();
            }
        }
    }

    /// The person stays: that counts as input, and is reported to the server at once.
    pub fn stay_signed_in(mut self) {
        if self.is_past_a_limit() {
            self.check_limits();
            return;
        }
        activity::record_input();
        self.warning.set(None);
        self.refresh_now();
    }

    /// The person has read that the session will end soon, and continues until then.
    pub fn dismiss_warning(mut self) {
        self.lifetime_warning_dismissed.set(true);
        self.warning.set(None);
    }

    /// Whether the session of this tab is past a limit: nothing is sent for it any more.
    pub(super) fn is_past_a_limit(self) -> bool {
        self.phase(activity::idle()).is_some_and(|phase| matches!(phase, Phase::Over(_)))
    }

    /// The limit that the session is past, or so near that the person is warned.
    pub(super) fn near_limit(self) -> Option<Limit> {
        match self.phase(activity::idle())? {
            Phase::Warn(limit, _) | Phase::Over(limit) => Some(limit),
            Phase::Quiet(_) => None,
        }
    }

    /// Input counts, except after the end, as when the machine wakes from a sleep, and while the warning is shown.
    fn on_input(self) {
        if self.warning.peek().is_some() {
            return;
        }
        match self.phase(activity::idle_in_this_tab()) {
            // Checked again, with the input in other tabs.
            Some(Phase::Over(_)) if self.is_past_a_limit() => {
                self.check_limits();
            }
            _ => {
                let was_idle = activity::idle_in_this_tab();
                activity::record_input();
                if self.must_report_input(was_idle) {
                    self.refresh_now();
                }
            }
        }
    }

    /// Whether input after so long is reported to the server at once. Otherwise the next refresh reports it in time: it
    /// comes within half of the idle timeout.
    fn must_report_input(self, was_idle: Duration) -> bool {
        self.signed_in().is_some_and(|signed_in| was_idle >= signed_in.idle_timeout() / 4)
    }

    /// Warns, or signs out, where that is due; returns when to check again.
    fn check_limits(mut self) -> Duration {
        let (warning, wait) = match self.phase(activity::idle()) {
            None => (None, CHECK_INTERVAL),
            Some(Phase::Quiet(wait)) => (None, wait.min(CHECK_INTERVAL)),
            Some(Phase::Warn(Limit::Lifetime, _)) if *self.lifetime_warning_dismissed.peek() => (None, TICK),
            Some(Phase::Warn(limit, left)) => (Some(Warning { limit, left: in_steps(left) }), TICK),
            Some(Phase::Over(limit)) => {
                self.end(limit.into());
                (None, CHECK_INTERVAL)
            }
        };
        if *self.warning.peek() != warning {
            self.warning.set(warning);
        }
        wait
    }

    fn phase(self, idle: Duration) -> Option<Phase> {
        let signed_in = self.signed_in()?;
        Some(phase(idle, signed_in.idle_timeout(), signed_in.session_lifetime().remaining(Moment::now())))
    }
}

fn phase(idle: Duration, idle_timeout: Duration, until_end: Duration) -> Phase {
    let until_idle = idle_timeout.saturating_sub(idle);
    let idle_warning_time = WARNING_TIME.min(idle_timeout / 2);
    let (limit, left, warning_time) = match until_idle <= until_end {
        true => (Limit::Inactivity, until_idle, idle_warning_time),
        false => (Limit::Lifetime, until_end, WARNING_TIME),
    };
    let until_warning = until_idle.saturating_sub(idle_warning_time).min(until_end.saturating_sub(WARNING_TIME));
    if left.is_zero() {
        Phase::Over(limit)
    } else if left <= warning_time {
        Phase::Warn(limit, left)
    } else {
        // The warning of the later end may come first, where the idle timeout is short.
        Phase::Quiet(until_warning.max(TICK))
    }
}

/// Rounded up, so that a screen reader announces a few changes and not each second.
fn in_steps(left: Duration) -> Duration {
    const STEPS: [u64; 5] = [10, 20, 30, 60, 90];
    let seconds = left.as_secs_f64().ceil() as u64;
    let step = STEPS.into_iter().find(|step| seconds <= *step);
    Duration::from_secs(step.unwrap_or(seconds.div_ceil(60) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(idle: u64, idle_timeout: u64, until_end: u64) -> Phase {
        phase(seconds(idle), seconds(idle_timeout), seconds(until_end))
    }

    #[test]
    fn the_person_is_warned_two_minutes_before_either_end_and_signed_out_at_it() {
        assert_eq!(of(0, 1800, 36_000), Phase::Quiet(seconds(1680)));
        assert_eq!(of(1679, 1800, 36_000), Phase::Quiet(seconds(1)));
        assert_eq!(of(1680, 1800, 36_000), Phase::Warn(Limit::Inactivity, seconds(120)));
        assert_eq!(of(1799, 1800, 36_000), Phase::Warn(Limit::Inactivity, seconds(1)));
        assert_eq!(of(1800, 1800, 36_000), Phase::Over(Limit::Inactivity));
        assert_eq!(of(90_000, 1800, 36_000), Phase::Over(Limit::Inactivity), "a sleep");
        assert_eq!(of(0, 1800, 121), Phase::Quiet(seconds(1)));
        assert_eq!(of(0, 1800, 120), Phase::Warn(Limit::Lifetime, seconds(120)));
        assert_eq!(of(0, 1800, 0), Phase::Over(Limit::Lifetime));
    }

    #[test]
    fn the_warning_is_of_the_nearer_end() {
        assert_eq!(of(1750, 1800, 40), Phase::Warn(Limit::Lifetime, seconds(40)));
        assert_eq!(of(1770, 1800, 40), Phase::Warn(Limit::Inactivity, seconds(30)));
    }

    #[test]
    fn before_a_short_idle_timeout_the_warning_comes_at_half_of_it() {
        assert_eq!(of(0, 60, 36_000), Phase::Quiet(seconds(30)));
        assert_eq!(of(30, 60, 36_000), Phase::Warn(Limit::Inactivity, seconds(30)));
    }

    #[test]
    fn the_countdown_changes_a_few_times_and_never_shows_less_than_is_left() {
        let shown: Vec<u64> = (1..=120).rev().map(|left| in_steps(seconds(left)).as_secs()).collect();
        assert!(shown.iter().zip((1..=120).rev()).all(|(shown, left)| *shown >= left));
        let mut changes = shown;
        changes.dedup();
        assert_eq!(changes, [120, 90, 60, 30, 20, 10]);
        assert_eq!(in_steps(Duration::from_millis(60_001)).as_secs(), 90);
    }
}
