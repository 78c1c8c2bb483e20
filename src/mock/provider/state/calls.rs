//! The log of calls to the endpoints, in order, so that a test can count them.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use axum::http::StatusCode;
use serde::Serialize;

use super::{clock::unix_millis, grants::GrantType, user_name::UserName};
use crate::mock::{lock::lock, provider::endpoint::Endpoint};

/// It holds no code and no token.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    #[serde(skip)]
    id: u64,
    at_ms: u64,
    endpoint: Endpoint,
    user: Option<UserName>,
    grant_type: Option<GrantType>,
    /// `ok`, an error code, the name of the injected fault, or [`PENDING`].
    outcome: Cow<'static, str>,
    /// As received (W3C Trace Context).
    traceparent: Option<String>,
    /// How many other calls of the same user to the same endpoint were in flight at any time during this one.
    in_flight_with: u32,
    #[serde(skip)]
    is_answered: bool,
}

#[derive(Debug, Default)]
pub struct CallLog(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    list: VecDeque<Call>,
    next_id: u64,
}

/// A call without a response yet. Its handler records here what it learns about it.
#[derive(Debug)]
pub struct PendingCall {
    log: Arc<CallLog>,
    id: u64,
}

const PENDING: &str = "pending";

/// More than any test reads. The oldest calls are evicted first.
const CAPACITY: usize = 10_000;

impl CallLog {
    pub fn begin(self: &Arc<CallLog>, endpoint: Endpoint, traceparent: Option<String>, now: SystemTime) -> PendingCall {
        let mut calls = lock(&self.0);
        let id = calls.next_id;
        calls.next_id += 1;
        if calls.list.len() == CAPACITY {
            calls.list.pop_front();
        }
        calls.list.push_back(Call {
            id,
            at_ms: unix_millis(now),
            endpoint,
            user: None,
            grant_type: None,
            outcome: PENDING.into(),
            traceparent,
            in_flight_with: 0,
            is_answered: false,
        });
        if !endpoint.has_user() {
            calls.count_others_in_flight(id);
        }
        PendingCall { log: self.clone(), id }
    }

    /// In order of arrival.
    pub fn list(&self, user: Option<&UserName>) -> Vec<Call> {
        let calls = lock(&self.0);
        let is_requested = |call: &&Call| user.is_none() || call.user.as_ref() == user;
        calls.list.iter().filter(is_requested).cloned().collect()
    }

    pub fn clear(&self, user: Option<&UserName>) {
        let mut calls = lock(&self.0);
        calls.list.retain(|call| user.is_some() && call.user.as_ref() != user);
    }
}

impl Calls {
    fn find(&mut self, id: u64) -> Option<&mut Call> {
        self.list.iter_mut().rev().find(|call| call.id == id)
    }

    fn count_others_in_flight(&mut self, id: u64) {
        let Some(call) = self.find(id).cloned() else {
            return;
        };
        let is_same_kind = |other: &&mut Call| {
            other.id != id && !other.is_answered && other.endpoint == call.endpoint && other.user == call.user
        };
        let mut others = 0;
        for other in self.list.iter_mut().filter(is_same_kind) {
            other.in_flight_with += 1;
            others += 1;
        }
        if let Some(call) = self.find(id) {
            call.in_flight_with += others;
        }
    }
}

impl PendingCall {
    pub fn set_user(&self, user: &UserName) {
        let mut calls = self.calls();
        if let Some(call) = calls.find(self.id) {
            call.user = Some(user.clone());
        }
        calls.count_others_in_flight(self.id);
    }

    pub fn set_grant_type(&self, grant_type: GrantType) {
        if let Some(call) = self.calls().find(self.id) {
            call.grant_type = Some(grant_type);
        }
    }

    /// For any outcome but success.
    pub fn set_outcome(&self, outcome: impl Into<Cow<'static, str>>) {
        if let Some(call) = self.calls().find(self.id) {
            call.outcome = outcome.into();
        }
    }

    pub fn set_answered(&self, status: StatusCode) {
        if let Some(call) = self.calls().find(self.id) {
            call.is_answered = true;
            if call.outcome != PENDING {
                return;
            }
            call.outcome = match status.is_client_error() || status.is_server_error() {
                true => format!("http_{}", status.as_u16()).into(),
                false => "ok".into(),
            };
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        lock(&self.log.0)
    }
}

/// The client may disconnect before it is answered.
impl Drop for PendingCall {
    fn drop(&mut self) {
        if let Some(call) = self.calls().find(self.id)
            && !call.is_answered
        {
            call.is_answered = true;
            call.outcome = "abandoned".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserName {
        UserName::parse(name).unwrap()
    }

    fn begin(log: &Arc<CallLog>, name: &str) -> PendingCall {
        let call = log.begin(Endpoint::Token, None, SystemTime::now());
        call.set_user(&user(name));
        call
    }

    #[test]
    fn calls_of_one_user_that_overlap_count_each_other() {
        let log = Arc::new(CallLog::default());
        let (first, second) = (begin(&log, "alice"), begin(&log, "alice"));
        let _other = begin(&log, "bob");
        first.set_answered(StatusCode::OK);
        drop(second);
        drop(begin(&log, "alice"));
        let overlaps = |call: &Call| (call.in_flight_with, call.outcome.to_string());
        let alice: Vec<_> = log.list(Some(&user("alice"))).iter().map(overlaps).collect();
        let expected = [(1, "ok"), (1, "abandoned"), (0, "abandoned")];
        assert_eq!(alice, expected.map(|(n, outcome)| (n, outcome.to_owned())));
        let bob: Vec<_> = log.list(Some(&user("bob"))).iter().map(overlaps).collect();
        assert_eq!(bob, [(0, "pending".to_owned())]);
    }

    #[test]
    fn clearing_one_user_keeps_the_others() {
        let log = Arc::new(CallLog::default());
        let (_alice, _bob) = (begin(&log, "alice"), begin(&log, "bob"));
        log.clear(Some(&user("alice")));
        assert_eq!(log.list(None).len(), 1);
        log.clear(None);
        assert!(log.list(None).is_empty());
    }

    #[test]
    fn the_oldest_calls_are_evicted_first() {
        let log = Arc::new(CallLog::default());
        let first = begin(&log, "alice");
        for _ in 0..CAPACITY {
            let call = log.begin(Endpoint::Jwks, None, SystemTime::now());
            call.set_answered(StatusCode::NOT_FOUND);
        }
        first.set_outcome("too late");
        let list = log.list(None);
        assert_eq!(list.len(), CAPACITY);
        assert!(list.iter().all(|call| call.outcome == "http_404"));
    }
}
