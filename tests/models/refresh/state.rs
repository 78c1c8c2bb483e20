//! The state of the model: the store, the provider, the replicas and the browser.
//!
//! Tokens and revisions are numbers. A later token is the successor of all earlier ones.

use super::Reuse;

pub const REPLICAS: usize = 3;
pub const TABS: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The record in the store; `None` once it was removed.
    pub session: Option<Session>,
    pub lock: Lock,
    pub provider: Provider,
    /// Sorted, as one replica is like another.
    pub replicas: [Option<Task>; REPLICAS],
    pub tabs: [Tab; TABS],
    /// The latest revision that the browser has received, and the token of that record. The browser knows no token.
    pub seen: Session,
    pub faults_left: u8,
    /// Earlier records, which a store that forgets can come back with.
    pub earlier: Vec<Session>,
    pub observed: Observed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session {
    pub revision: u8,
    pub token: u8,
    /// Within `REPLAY_WINDOW`, the last response is repeated.
    pub is_replayable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    Free,
    Held,
    /// By a process that has died, until the lease expires.
    Orphaned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Provider {
    /// The refresh token that it accepts.
    pub token: u8,
    pub grant: Grant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grant {
    Live,
    EndedForReuse,
    /// By the person or an administrator.
    Ended,
}

/// A refresh in a replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task {
    pub step: Step,
    /// As it was last read.
    pub session: Session,
    /// The latest that the browser had seen when it made the request, and that was read for it.
    pub known: Session,
    pub has_lease: bool,
    /// The tabs that wait for it.
    pub waiting: [bool; TABS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Acquire,
    ReadUnderLock,
    Send,
    /// The token is on its way to the provider.
    Sent,
    /// The provider has answered `invalid_grant`.
    Refused,
    Replace {
        /// An earlier write has succeeded, and its reply was lost.
        is_repeated: bool,
    },
    Respond(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Refreshed(u8),
    InvalidGrant,
    /// None came.
    Unavailable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Ok,
    SessionEnded,
    /// 503: the tab may try again.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tab {
    pub requests_left: u8,
    pub is_waiting: bool,
    pub signs_in_again: bool,
}

/// What the properties are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Observed {
    /// The latest token that was stored.
    pub stored: u8,
    pub sent_after_successor_was_stored: bool,
    pub sent_after_successor_was_seen: bool,
    /// A token that the provider issued was lost on its way to the store, by a fault.
    pub issued_token_lost: bool,
    pub somebody_ended_it: bool,
    /// A record was removed, but not for its own token.
    pub removed_unrefused: bool,
    /// It was removed for its token, or somebody ended it.
    pub is_ended: bool,
    pub stored_but_failed: bool,
    pub was_rolled_back: bool,
    pub found_rolled_back: bool,
    pub joined: bool,
}

impl Provider {
    pub fn handle(&mut self, token: u8, reuse: Reuse) -> Reply {
        match self.grant {
            Grant::Live if token == self.token => {
                self.token += 1;
                Reply::Refreshed(self.token)
            }
            Grant::Live if reuse == Reuse::EndsGrant => {
                self.grant = Grant::EndedForReuse;
                Reply::InvalidGrant
            }
            _ => Reply::InvalidGrant,
        }
    }
}

impl Task {
    pub fn receive(&mut self, reply: Reply) {
        self.step = match reply {
            Reply::Refreshed(token) => {
                self.session = Session { revision: self.session.revision + 1, token, is_replayable: true };
                Step::Replace { is_repeated: false }
            }
            Reply::InvalidGrant => Step::Refused,
            Reply::Unavailable => Step::Respond(Outcome::Failed),
        };
    }

    /// The provider may have issued a token that is not stored yet.
    pub fn may_hold_issued_token(&self) -> bool {
        matches!(self.step, Step::Sent | Step::Replace { .. })
    }
}
