//! Rate limiting of audit lines: an event that anybody can cause is written once and then counted, so that a flood does not
//! hide other events.
//!
//! The first event of a kind, address and person is always written, and so are the first few with different reasons. Those
//! that follow within a minute are counted, and their number is in the next line of the same kind or, if none follows, in
//! a separate line.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use super::{Event, Source};

/// How long repetitions are counted before their number is logged.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// The maximum number of kinds that are counted at a time, which take some 2 MB. Beyond it, every event is written.
const MAX_KINDS: usize = 10_000;

/// The maximum number of different reasons of one kind that are written in a minute. Some reasons quote the request, so
/// that a caller could make each one different.
const MAX_REASONS: usize = 4;

/// Events that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub event: Event,
    pub source: Source,
    /// The pseudonym of the person, so that attacks on different people are counted separately.
    pub user: Option<String>,
}

/// Whether an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is written, with the number of events that were counted since the last one.
    Written {
        repeated: Option<u64>,
    },
    Counted,
}

#[derive(Default)]
pub(super) struct Repeats {
    kinds: HashMap<Kind, Counted>,
}

struct Counted {
    since: Instant,
    count: u64,
    /// The hashes of the reasons that were written.
    reasons: Vec<u64>,
}

/// Whether a client that is not signed in can cause the event as often as it likes. Other events are always written.
pub(super) fn can_be_flooded(event: Event) -> bool {
    use Event::*;
    matches!(
        event,
        LoginRefused
            | LoginStateUnknown
            | LoginOtherBrowser
            | LoginWrongIssuer
            | LoginMalformed
            | RefreshRefused
            | RefreshOtherBrowser
            | LogoutOtherBrowser
            | BackChannelLogoutRefused
            | BackChannelLogoutFailed
            | SignalRefused
            | SignalFailed
            | AccessTokenRefused
            | AccessOtherBrowser
            | AccessFailed
            | ProofRefused
            | ProofBadSignature
            | ProofReplayed
            | LimitReached
            | RequestCrossSite
    )
}

impl Repeats {
    pub fn record(&mut self, kind: Kind, reason: Option<&str>, now: Instant) -> Line {
        let reason = hashed(reason);
        let Some(counted) = self.kinds.get_mut(&kind) else {
            if self.kinds.len() < MAX_KINDS {
                self.kinds.insert(kind, Counted::new(now, reason));
            }
            return Line::Written { repeated: None };
        };
        if now.duration_since(counted.since) >= COUNTED_FOR {
            let repeated = Some(counted.count).filter(|count| *count > 0);
            *counted = Counted::new(now, reason);
            return Line::Written { repeated };
        }
        if counted.reasons.len() < MAX_REASONS && !counted.reasons.contains(&reason) {
            counted.reasons.push(reason);
            return Line::Written { repeated: None };
        }
        counted.count += 1;
        Line::Counted
    }

    /// Removes and returns the numbers of repetitions: of the kinds whose minute is over, or without a time of all.
    pub fn take_counted(&mut self, now: Option<Instant>) -> Vec<(Kind, u64)> {
        let is_over = |counted: &Counted| now.is_none_or(|now| now.duration_since(counted.since) >= COUNTED_FOR);
        let over = self.kinds.extract_if(|_, counted| is_over(counted));
        over.filter(|(_, counted)| counted.count > 0).map(|(kind, counted)| (kind, counted.count)).collect()
    }
}

impl Counted {
    fn new(now: Instant, reason: u64) -> Self {
        Self { since: now, count: 0, reasons: vec![reason] }
    }
}

fn hashed(reason: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    reason.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(event: Event, source: u8, user: Option<&str>) -> Kind {
        Kind { event, source: Source([192, 0, 2, source].into()), user: user.map(str::to_owned) }
    }

    const FIRST: Line = Line::Written { repeated: None };

    #[test]
    fn a_flood_is_one_line_a_minute_with_the_number_of_events() {
        // Once, 8,000 made-up tokens caused 8,000 lines.
        let (mut repeats, begin) = (Repeats::default(), Instant::now());
        let mut written = vec![];
        for n in 0..8_000 {
            let line = repeats.record(
                kind(Event::AccessTokenRefused, 1, None),
                Some("it is unknown"),
                begin + Duration::from_millis(20 * n),
            );
            written.extend((line != Line::Counted).then_some(line));
        }
        assert_eq!(written, [FIRST, Line::Written { repeated: Some(2_999) }, Line::Written { repeated: Some(2_999) }]);
        let all: u64 = repeats.take_counted(None).iter().map(|(_, count)| count).sum();
        assert_eq!(3 + 2 * 2_999 + all, 8_000, "none is lost");
    }

    #[test]
    fn the_first_of_each_kind_address_and_victim_is_written() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        for first in [
            kind(Event::AccessOtherBrowser, 1, Some("ada")),
            kind(Event::AccessOtherBrowser, 1, Some("bob")),
            kind(Event::AccessOtherBrowser, 2, Some("ada")),
            kind(Event::RefreshOtherBrowser, 1, Some("ada")),
        ] {
            assert_eq!(repeats.record(first.clone(), None, now), FIRST);
            assert_eq!(repeats.record(first, None, now), Line::Counted);
        }
    }

    #[test]
    fn different_reasons_are_written_too_up_to_a_maximum() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        let mut note = |reason: &str| repeats.record(kind(Event::ProofRefused, 1, None), Some(reason), now);
        assert_eq!((note("no proof"), note("no proof")), (FIRST, Line::Counted));
        assert_eq!((note("another URL"), note("another URL")), (FIRST, Line::Counted));
        let written = (0..100).filter(|n| note(&format!("made up: {n}")) != Line::Counted).count();
        assert_eq!(written, MAX_REASONS - 2);
    }

    #[test]
    fn counted_events_that_do_not_occur_again_are_reported_after_a_minute() {
        let (mut repeats, begin) = (Repeats::default(), Instant::now());
        let (once, often) = (kind(Event::ProofRefused, 1, None), kind(Event::ProofRefused, 2, None));
        repeats.record(once, None, begin);
        for _ in 0..5 {
            repeats.record(often.clone(), None, begin);
        }
        assert_eq!(repeats.take_counted(Some(begin + COUNTED_FOR / 2)), []);
        assert_eq!(repeats.take_counted(Some(begin + COUNTED_FOR)), [(often.clone(), 4)]);
        assert!(repeats.kinds.is_empty());
        assert_eq!(repeats.record(often, None, begin + COUNTED_FOR), FIRST);
    }

    #[test]
    fn a_flood_from_many_addresses_takes_bounded_memory_and_the_first_event_of_each_is_written() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        for n in 0..2 * MAX_KINDS as u32 {
            let kind =
                Kind { event: Event::ProofRefused, source: Source(std::net::Ipv4Addr::from(n).into()), user: None };
            assert_eq!(repeats.record(kind, None, now), FIRST);
        }
        assert_eq!(repeats.kinds.len(), MAX_KINDS);
    }
}
