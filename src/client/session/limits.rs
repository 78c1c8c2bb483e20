//! The ends of a session that come by time: when the person has done nothing for too long, and when the session has
//! lasted as long as it may. The page warns two minutes before, and signs out at the end (WCAG 2.2, success criterion
//! 2.2.1). The server ends the session in any case.

use std::{pin::pin, time::Duration};

use dioxus::prelude::*;
use futures_util::{
    StreamExt,
    future::{Either, select},
};

use super::{
    activity,
    auth::{Auth, AuthState, SignedIn},
    lifetime::{Lifetime, Moment},
};
use crate::{client::platform::browser, wire::auth::SessionId};

/// So long before the end the person is warned; where less input is allowed for, half of that time before.
const WARNED_AHEAD: Duration = Duration::from_secs(120);

/// Looked at again after this time at the latest: input in another tab moves the end.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// While the warning counts down.
const TICK: Duration = Duration::from_secs(1);

/// What ends a session by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Inactivity,
    Lifetime,
}

/// What the person is warned of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    pub limit: Limit,
    /// Until the end, in steps that can be listened to.
    pub left: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing is to be said for this long.
    Quiet(Duration),
    Warn(Limit, Duration),
    Over(Limit),
}

impl Auth {
    /// Warns and signs out in time, for as long as it is not dropped.
    pub(super) async fn watch_limits(mut self, session: SessionId) {
        self.lifetime_warning_read.set(false);
        let (_listeners, mut inputs) = activity::inputs();
        let mut wakes = pin!(browser::wakes());
        while self.holds(&session) {
            let mut waiting = pin!(browser::sleep(self.look_at_limits()));
            // Input moves the end, so there is nothing to look at before the time that was set.
            while let Either::Left((Either::Left(_), _)) =
                select(select(inputs.next(), wakes.next()), &mut waiting).await
            {
                self.on_input();
            }
        }
    }

    /// The person wants to go on: that counts as input, and the server hears of it at once.
    pub fn stay_signed_in(mut self) {
        if self.is_past_its_end() {
            self.look_at_limits();
            return;
        }
        activity::note();
        self.warning.set(None);
        self.refresh_now();
    }

    /// The person has read that the session ends soon whatever they do, and goes on until then.
    pub fn dismiss_warning(mut self) {
        self.lifetime_warning_read.set(true);
        self.warning.set(None);
    }

    /// Whether the session that this tab holds is over by time: nothing is sent for it any more.
    pub(super) fn is_past_its_end(self) -> bool {
        self.phase(activity::idle()).is_some_and(|phase| matches!(phase, Phase::Over(_)))
    }

    /// What has ended the session, where the server says so near an end by time.
    pub(super) fn limit_that_is_near(self) -> Option<Limit> {
        match self.phase(activity::idle())? {
            Phase::Warn(limit, _) | Phase::Over(limit) => Some(limit),
            Phase::Quiet(_) => None,
        }
    }

    /// Input counts, but neither after the end, as when a machine wakes from a sleep, nor while the person is asked.
    fn on_input(self) {
        if self.warning.peek().is_some() {
            return;
        }
        match self.phase(activity::idle_here()) {
            // Another tab may know of later input.
            Some(Phase::Over(_)) if self.is_past_its_end() => {
                self.look_at_limits();
            }
            _ => {
                let was_idle = activity::idle_here();
                activity::note();
                if self.is_news(was_idle) {
                    self.refresh_now();
                }
            }
        }
    }

    /// Whether the server is to hear of input at once, that comes after so long. Otherwise the next refresh tells in time:
    /// it comes within half of the time that the person may do nothing.
    fn is_news(self, was_idle: Duration) -> bool {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => was_idle >= signed_in.idle_timeout / 4,
            AuthState::Unknown | AuthState::SignedOut => false,
        }
    }

    /// Warns, or signs out, where that is due; tells when to look again.
    fn look_at_limits(mut self) -> Duration {
        let (warning, wait) = match self.phase(activity::idle()) {
            None => (None, LOOK_AGAIN),
            Some(Phase::Quiet(wait)) => (None, wait.min(LOOK_AGAIN)),
            Some(Phase::Warn(Limit::Lifetime, _)) if *self.lifetime_warning_read.peek() => (None, TICK),
            Some(Phase::Warn(limit, left)) => (Some(Warning { limit, left: in_steps(left) }), TICK),
            Some(Phase::Over(limit)) => {
                self.end(limit.into());
                (None, LOOK_AGAIN)
            }
        };
        if *self.warning.peek() != warning {
            self.warning.set(warning);
        }
        wait
    }

    fn phase(self, idle: Duration) -> Option<Phase> {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => {
                let SignedIn { idle_timeout, session_lifetime, .. } = **signed_in;
                Some(phase(idle, idle_timeout, session_lifetime.remaining(Moment::now())))
            }
            AuthState::Unknown | AuthState::SignedOut => None,
        }
    }
}

impl SignedIn {
    /// An access token is used for half of the time that the person may do nothing: so the server hears of input before
    /// it takes the person for gone.
    pub(super) fn token_lifetime(now: Moment, expires_in: u64, idle_timeout: u64) -> Lifetime {
        Lifetime::begins(now, expires_in.min(idle_timeout / 2))
    }
}

fn phase(idle: Duration, idle_timeout: Duration, until_end: Duration) -> Phase {
    let until_idle = idle_timeout.saturating_sub(idle);
    let idle_warned_ahead = WARNED_AHEAD.min(idle_timeout / 2);
    let (limit, left, ahead) = match until_idle <= until_end {
        true => (Limit::Inactivity, until_idle, idle_warned_ahead),
        false => (Limit::Lifetime, until_end, WARNED_AHEAD),
    };
    let until_warning = until_idle.saturating_sub(idle_warned_ahead).min(until_end.saturating_sub(WARNED_AHEAD));
    if left.is_zero() {
        Phase::Over(limit)
    } else if left <= ahead {
        Phase::Warn(limit, left)
    } else {
        // The later end may be the one to be warned of first.
        Phase::Quiet(until_warning.max(TICK))
    }
}

/// Rounded up to what is said: so that the text changes a few times and not each second.
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
    fn of_two_ends_the_nearer_one_is_told() {
        assert_eq!(of(1750, 1800, 40), Phase::Warn(Limit::Lifetime, seconds(40)));
        assert_eq!(of(1770, 1800, 40), Phase::Warn(Limit::Inactivity, seconds(30)));
    }

    #[test]
    fn where_little_inactivity_is_allowed_half_of_it_is_warned_of() {
        assert_eq!(of(0, 60, 36_000), Phase::Quiet(seconds(30)));
        assert_eq!(of(30, 60, 36_000), Phase::Warn(Limit::Inactivity, seconds(30)));
    }

    #[test]
    fn the_countdown_changes_a_few_times_and_never_says_less_than_is_left() {
        let said: Vec<u64> = (1..=120).rev().map(|left| in_steps(seconds(left)).as_secs()).collect();
        assert!(said.iter().zip((1..=120).rev()).all(|(said, left)| *said >= left));
        let mut changes = said;
        changes.dedup();
        assert_eq!(changes, [120, 90, 60, 30, 20, 10]);
        assert_eq!(in_steps(Duration::from_millis(60_001)).as_secs(), 90);
    }

    #[test]
    fn a_token_is_renewed_before_the_server_takes_the_person_for_gone() {
        let now = Moment::at(0, 0);
        assert_eq!(SignedIn::token_lifetime(now, 3600, 1800).remaining(now), seconds(900));
        assert_eq!(SignedIn::token_lifetime(now, 300, 1800).remaining(now), seconds(300));
    }
}
