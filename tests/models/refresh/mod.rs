//! Refresh over replicas: the steps of `src/server/auth/sessions/refresh.rs`, with everything that can fail between them.
//!
//! One session of one browser, whose two tabs request refreshes at three replicas. A replica takes the refresh lock, reads
//! the record again, sends the refresh token to the provider, and replaces the record. The provider issues a new refresh
//! token each time, and refuses an old one; by [`Reuse::EndsGrant`] it then ends the whole grant (RFC 9700 §4.14.2).
//!
//! What is not modelled: times, other than in what order they end; the lifetimes of sessions; a store that forgets a held
//! lock while it forgets records; a process that is suspended between `confirm` and sending.

mod state;
mod steps;

use stateright::{Model, Property};

use state::{Grant, Lock, Observed, Outcome, Provider, REPLICAS, Session, State, Step, TABS, Tab};

/// What the code relies on. A test takes each of them out, and expects a counterexample.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    /// `RefreshLock::acquire`: one replica at a time.
    pub lock: bool,
    /// `RefreshLock::renew`: the lease does not expire while its holder works.
    pub renewal: bool,
    /// `live_session`: the record is read again under the lock.
    pub read_under_lock: bool,
    /// `RefreshLock::confirm`: nothing is sent to the provider without the lock.
    pub confirm: bool,
    /// `Store::replace`: only the revision that was read is replaced.
    pub replace_revision: bool,
    /// `Store::remove_revision`: only the revision that was read is removed.
    pub remove_revision: bool,
    /// `store_refreshed`: a write that has failed is repeated.
    pub retry: bool,
    /// `is_stored`: a repeated write finds that an earlier one has succeeded.
    pub is_stored: bool,
    /// `refuse_rolled_back`: a record that is older than what the browser has seen is not used.
    pub seen_revision: bool,
}

/// What the provider does when a refresh token is used that it has replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Reuse detection: takes it for a theft.
    EndsGrant,
    IsRefused,
}

pub struct Refresh {
    pub guards: Guards,
    pub reuse: Reuse,
    /// How many faults of any kind happen at most.
    pub faults: u8,
    /// Whether the store can lose what it has acknowledged.
    pub store_forgets: bool,
    /// How many refreshes each tab requests at most.
    pub requests: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `verify_key` reads the record. Joins the refresh that the replica has in flight.
    Request {
        tab: usize,
        replica: usize,
    },
    Acquire(usize),
    ReadUnderLock(usize),
    Send(usize),
    ProviderHandles(usize),
    Replace(usize),
    RemoveRefused(usize),
    Respond(usize),
    ReplayWindowPasses,
    /// The process that held the lock has died.
    OrphanedLeaseExpires,
    /// Without renewal.
    LeaseExpires(usize),
    SomebodyEndsIt,
    // Faults.
    Crash(usize),
    /// The process is suspended, or cut off from the store, for longer than the lease.
    LoseLease(usize),
    ProviderAnswerLost(usize),
    WriteLost(usize),
    WriteReplyLost(usize),
    BrowserAnswerLost(usize),
    /// The tab waits no longer; the refresh goes on.
    GiveUp(usize),
    RollBack(usize),
}

const PREDECESSOR: &str = "after a successor is stored under the lock, its predecessor is never sent";
const SEEN_PREDECESSOR: &str = "no token is sent whose successor the browser had seen when it made the request";
const REUSE: &str = "a grant ends for reuse only where an issued token was lost on its way to the store";
const REMOVAL: &str = "a session ends only where the provider refused its token, or somebody ended it";
const RESURRECTION: &str = "a session that was ended stays ended";
const SIGN_IN: &str = "a tab signs in again only where the session has ended, or was rolled back";
const ANSWER: &str = "a refresh that was stored is answered as one";
const TWICE: &str = "a session is refreshed twice";
const SHARED: &str = "two tabs share one refresh";
const FOUND: &str = "a record that was rolled back is found";

impl Guards {
    pub const ALL: Self = Self {
        lock: true,
        renewal: true,
        read_under_lock: true,
        confirm: true,
        replace_revision: true,
        remove_revision: true,
        retry: true,
        is_stored: true,
        seen_revision: true,
    };
}

impl Model for Refresh {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let session = Session { revision: 0, token: 0, is_replayable: false };
        vec![State {
            session: Some(session),
            lock: Lock::Free,
            provider: Provider { token: 0, grant: Grant::Live },
            replicas: Default::default(),
            tabs: [Tab { requests_left: self.requests, is_waiting: false, signs_in_again: false }; TABS],
            seen: session,
            faults_left: self.faults,
            earlier: vec![],
            observed: Observed::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (tab, at) in state.tabs.iter().enumerate() {
            if at.requests_left > 0 && !at.is_waiting && !at.signs_in_again {
                // Of several idle replicas, one is enough.
                let idle = state.replicas.iter().position(Option::is_none);
                let busy = (0..REPLICAS).filter(|replica| state.replicas[*replica].is_some());
                actions.extend(busy.chain(idle).map(|replica| Action::Request { tab, replica }));
            }
        }
        for (replica, task) in state.replicas.iter().enumerate() {
            let Some(task) = task else { continue };
            match task.step {
                Step::Acquire if state.lock == Lock::Free || !self.guards.lock => {
                    actions.push(Action::Acquire(replica))
                }
                Step::Acquire => {}
                Step::ReadUnderLock => actions.push(Action::ReadUnderLock(replica)),
                Step::Send => actions.push(Action::Send(replica)),
                Step::Sent => actions.push(Action::ProviderHandles(replica)),
                Step::Refused => actions.push(Action::RemoveRefused(replica)),
                Step::Replace { .. } => actions.push(Action::Replace(replica)),
                Step::Respond(_) => actions.push(Action::Respond(replica)),
            }
            if task.has_lease && self.guards.lock && !self.guards.renewal {
                actions.push(Action::LeaseExpires(replica));
            }
        }
        if state.session.is_some_and(|session| session.is_replayable) {
            actions.push(Action::ReplayWindowPasses);
        }
        if state.lock == Lock::Orphaned {
            actions.push(Action::OrphanedLeaseExpires);
        }
        if state.faults_left > 0 {
            self.faults(state, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        next.apply(action, self);
        next.replicas.sort();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::<Self>::always(SEEN_PREDECESSOR, |_, state| !state.observed.sent_after_successor_was_seen),
            Property::<Self>::always(REMOVAL, |_, state| !state.observed.removed_unrefused),
            Property::<Self>::always(SIGN_IN, |_, state| {
                let observed = state.observed;
                !state.tabs.iter().any(|tab| tab.signs_in_again) || observed.is_ended || observed.found_rolled_back
            }),
            Property::<Self>::always(ANSWER, |_, state| !state.observed.stored_but_failed),
            Property::<Self>::sometimes(TWICE, |_, state| state.seen.revision == 2),
            Property::<Self>::sometimes(SHARED, |_, state| state.observed.joined && state.seen.revision == 1),
        ];
        // No server can know what a store has forgotten that no browser has seen.
        if self.store_forgets {
            properties.push(Property::<Self>::sometimes(FOUND, |_, state| state.observed.found_rolled_back));
        } else {
            properties.extend([
                Property::<Self>::always(PREDECESSOR, |_, state| !state.observed.sent_after_successor_was_stored),
                Property::<Self>::always(REUSE, |_, state| {
                    state.provider.grant != Grant::EndedForReuse || state.observed.issued_token_lost
                }),
                Property::<Self>::always(RESURRECTION, |_, state| !state.observed.is_ended || state.session.is_none()),
            ]);
        }
        properties
    }
}

impl Refresh {
    fn faults(&self, state: &State, actions: &mut Vec<Action>) {
        for (replica, task) in state.replicas.iter().enumerate() {
            let Some(task) = task else { continue };
            actions.push(Action::Crash(replica));
            if task.has_lease && self.guards.lock {
                actions.push(Action::LoseLease(replica));
            }
            match task.step {
                Step::Sent => actions.push(Action::ProviderAnswerLost(replica)),
                Step::Replace { .. } => actions.extend([Action::WriteLost(replica), Action::WriteReplyLost(replica)]),
                Step::Respond(Outcome::Ok) => actions.push(Action::BrowserAnswerLost(replica)),
                _ => {}
            }
        }
        let waiting = (0..TABS).filter(|tab| state.tabs[*tab].is_waiting);
        actions.extend(waiting.map(Action::GiveUp));
        if state.session.is_some() {
            actions.push(Action::SomebodyEndsIt);
        }
        if self.store_forgets && !state.observed.was_rolled_back {
            actions.extend((0..state.earlier.len()).map(Action::RollBack));
        }
    }
}

#[cfg(test)]
mod tests;
