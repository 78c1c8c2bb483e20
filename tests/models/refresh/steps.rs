//! The steps of a refresh, and its faults.

use super::{
    Action, Refresh,
    state::{Grant, Lock, Outcome, Reply, Session, State, Step, TABS, Task},
};

impl State {
    pub fn apply(&mut self, action: Action, model: &Refresh) {
        match action {
            Action::Request { tab, replica } => self.request(tab, replica, model),
            Action::Acquire(replica) => {
                self.lock = Lock::Held;
                let task = self.task(replica);
                task.has_lease = true;
                task.step = Step::ReadUnderLock;
            }
            Action::ReadUnderLock(replica) => self.read_under_lock(replica, model),
            Action::Send(replica) => self.send(replica, model),
            Action::ProviderHandles(replica) => {
                let token = self.task(replica).session.token;
                let reply = self.provider.handle(token, model.reuse);
                self.task(replica).receive(reply);
            }
            Action::Replace(replica) => self.replace(replica, model),
            Action::RemoveRefused(replica) => self.remove_refused(replica, model),
            Action::Respond(replica) => self.respond(replica, true),
            Action::ReplayWindowPasses => {
                self.session = self.session.map(|session| Session { is_replayable: false, ..session });
            }
            Action::OrphanedLeaseExpires => self.lock = Lock::Free,
            Action::LeaseExpires(replica) => {
                self.task(replica).has_lease = false;
                self.lock = Lock::Free;
            }
            fault => {
                self.faults_left -= 1;
                self.fail(fault, model);
            }
        }
    }

    fn fail(&mut self, fault: Action, model: &Refresh) {
        match fault {
            Action::Crash(replica) => {
                let Some(task) = self.replicas[replica].take() else { return };
                self.observed.issued_token_lost |= task.may_hold_issued_token();
                if task.has_lease {
                    self.lock = Lock::Orphaned;
                }
                for (tab, is_waiting) in task.waiting.into_iter().enumerate() {
                    self.tabs[tab].is_waiting &= !is_waiting;
                }
            }
            Action::LoseLease(replica) => {
                let task = self.task(replica);
                task.has_lease = false;
                // Late is as bad as lost: the next holder has the token that was replaced.
                let is_late = task.may_hold_issued_token();
                self.observed.issued_token_lost |= is_late;
                self.lock = Lock::Free;
            }
            Action::ProviderAnswerLost(replica) => {
                let token = self.task(replica).session.token;
                let reply = self.provider.handle(token, model.reuse);
                self.observed.issued_token_lost |= matches!(reply, Reply::Refreshed(_));
                self.task(replica).receive(Reply::Unavailable);
            }
            Action::WriteLost(replica) if model.guards.retry => self.task(replica).step = self.task(replica).step,
            Action::WriteLost(replica) => self.task(replica).step = Step::Respond(Outcome::Failed),
            Action::WriteReplyLost(replica) => {
                let is_repeated = self.write(replica, model);
                let failed = Step::Respond(Outcome::Failed);
                self.task(replica).step = if model.guards.retry { Step::Replace { is_repeated } } else { failed };
            }
            Action::BrowserAnswerLost(replica) => self.respond(replica, false),
            Action::GiveUp(tab) => {
                self.tabs[tab].is_waiting = false;
                for task in self.replicas.iter_mut().flatten() {
                    task.waiting[tab] = false;
                }
            }
            Action::SomebodyEndsIt => {
                self.end();
                self.provider.grant = Grant::Ended;
            }
            Action::RollBack(record) => {
                self.session = Some(self.earlier[record]);
                self.observed.was_rolled_back = true;
            }
            _ => {}
        }
    }

    /// `refresh_access_token`, up to the lock.
    fn request(&mut self, tab: usize, replica: usize, model: &Refresh) {
        self.tabs[tab].requests_left -= 1;
        let Some(session) = self.session else {
            self.tabs[tab].signs_in_again = true;
            return;
        };
        if self.refuses_rolled_back(self.seen.revision, model) {
            self.tabs[tab].signs_in_again = true;
            return;
        }
        if let Some(task) = &mut self.replicas[replica] {
            task.waiting[tab] = true;
            self.tabs[tab].is_waiting = true;
            self.observed.joined = true;
        } else if session.is_replayable {
            self.seen = self.seen.max(session);
        } else {
            let mut waiting = [false; TABS];
            waiting[tab] = true;
            self.tabs[tab].is_waiting = true;
            let known = session.max(self.seen);
            self.replicas[replica] = Some(Task { step: Step::Acquire, session, known, has_lease: false, waiting });
        }
    }

    /// `live_session`.
    fn read_under_lock(&mut self, replica: usize, model: &Refresh) {
        let known = self.task(replica).known;
        let Some(session) = self.session else {
            self.task(replica).step = Step::Respond(Outcome::SessionEnded);
            return;
        };
        if self.refuses_rolled_back(known.revision, model) {
            self.task(replica).step = Step::Respond(Outcome::SessionEnded);
            return;
        }
        let task = self.task(replica);
        if model.guards.read_under_lock {
            task.session = session;
        }
        task.step = if task.session.is_replayable { Step::Respond(Outcome::Ok) } else { Step::Send };
    }

    /// `refuse_rolled_back`.
    fn refuses_rolled_back(&mut self, known: u8, model: &Refresh) -> bool {
        let is_older = self.session.is_some_and(|session| session.revision < known);
        if is_older && model.guards.seen_revision {
            self.session = None;
            self.observed.found_rolled_back = true;
        }
        is_older && model.guards.seen_revision
    }

    fn send(&mut self, replica: usize, model: &Refresh) {
        let task = self.task(replica);
        let (token, known) = (task.session.token, task.known);
        if model.guards.lock && model.guards.confirm && !task.has_lease {
            task.step = Step::Respond(Outcome::Failed);
            return;
        }
        task.step = Step::Sent;
        self.observed.sent_after_successor_was_stored |= token < self.observed.stored;
        self.observed.sent_after_successor_was_seen |= token < known.token;
    }

    /// `store_or_revoke`.
    fn replace(&mut self, replica: usize, model: &Refresh) {
        let was_written = self.write(replica, model);
        let is_repeated = matches!(self.task(replica).step, Step::Replace { is_repeated: true });
        let session = self.task(replica).session;
        let is_stored = model.guards.is_stored
            && self.session.is_some_and(|stored| (stored.revision, stored.token) == (session.revision, session.token));
        self.observed.stored_but_failed |= is_repeated && !was_written && !is_stored && self.session == Some(session);
        let outcome = match self.session {
            _ if was_written || is_stored => Outcome::Ok,
            Some(_) => Outcome::Failed,
            None => {
                // The new refresh token is revoked.
                self.provider.grant = Grant::Ended;
                Outcome::SessionEnded
            }
        };
        self.task(replica).step = Step::Respond(outcome);
    }

    /// `Store::replace`.
    fn write(&mut self, replica: usize, model: &Refresh) -> bool {
        let session = self.task(replica).session;
        let is_expected = self.session.is_some_and(|stored| stored.revision + 1 == session.revision);
        if model.guards.replace_revision && !is_expected {
            return false;
        }
        if model.store_forgets {
            self.earlier.extend(self.session.map(|session| Session { is_replayable: false, ..session }));
        }
        self.session = Some(session);
        if self.task(replica).has_lease || !model.guards.lock {
            self.observed.stored = self.observed.stored.max(session.token);
        }
        true
    }

    /// `remove_unchanged_session`.
    fn remove_refused(&mut self, replica: usize, model: &Refresh) {
        let refused = self.task(replica).session;
        let outcome = match self.session {
            Some(stored) if stored.revision == refused.revision || !model.guards.remove_revision => {
                self.observed.removed_unrefused |= stored.token != refused.token;
                self.end();
                Outcome::SessionEnded
            }
            // `response_of_another`
            Some(stored) if stored.is_replayable => {
                self.task(replica).session = stored;
                Outcome::Ok
            }
            Some(_) => Outcome::Failed,
            None => Outcome::SessionEnded,
        };
        self.task(replica).step = Step::Respond(outcome);
    }

    fn respond(&mut self, replica: usize, is_received: bool) {
        let Some(task) = self.replicas[replica].take() else { return };
        if task.has_lease {
            self.lock = Lock::Free;
        }
        for (tab, _) in task.waiting.into_iter().enumerate().filter(|(_, is_waiting)| *is_waiting) {
            self.tabs[tab].is_waiting = false;
            match task.step {
                Step::Respond(Outcome::Ok) if is_received => self.seen = self.seen.max(task.session),
                Step::Respond(Outcome::SessionEnded) => self.tabs[tab].signs_in_again = true,
                _ => {}
            }
        }
    }

    fn end(&mut self) {
        self.session = None;
        self.observed.is_ended = true;
    }

    fn task(&mut self, replica: usize) -> &mut Task {
        self.replicas[replica].as_mut().unwrap()
    }
}
