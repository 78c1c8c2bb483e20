//! What the relying party called, in order, so that a test can count it.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use crate::mock::lock::lock;
use crate::mock::provider::{
    endpoint::Endpoint,
    shared::{Shared, unix_millis},
    state::{fault, grants::GrantType, users::UserName},
};

/// One call. It holds nothing that could be spent.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    #[serde(skip)]
    id: u64,
    at_ms: u64,
    endpoint: Endpoint,
    user: Option<UserName>,
    grant_type: Option<GrantType>,
    /// `ok`, an error code, the fault that spoiled it, or [`PENDING`].
    outcome: Cow<'static, str>,
    /// As it came (W3C Trace Context).
    traceparent: Option<String>,
    /// How many others like it (endpoint and user) were unanswered at some time while this one was.
    in_flight_with: u32,
    #[serde(skip)]
    answered: bool,
}

#[derive(Debug, Default)]
pub struct CallLog(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    list: VecDeque<Call>,
    next_id: u64,
}

/// A call that is not answered yet, through which its handler tells what it learns.
#[derive(Debug)]
pub struct OpenCall {
    log: Arc<CallLog>,
    id: u64,
}

const PENDING: &str = "pending";

/// More than any test reads; what is older is forgotten.
const CAPACITY: usize = 10_000;

/// Lists calls of the endpoints, and answers in place of those that are out.
pub async fn record(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let endpoint = Endpoint::at_path(request.uri().path());
    let Some(endpoint) = endpoint.filter(|endpoint| shared.profile.has(*endpoint)) else {
        return next.run(request).await;
    };
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Arc::new(shared.calls.begin(endpoint, traceparent));
    let is_out = shared.outage().contains(&endpoint);
    let response = if is_out {
        call.outcome("unavailable");
        fault::unavailable()
    } else {
        request.extensions_mut().insert(call.clone());
        next.run(request).await
    };
    call.answered(&response);
    response
}

impl CallLog {
    fn begin(self: &Arc<CallLog>, endpoint: Endpoint, traceparent: Option<String>) -> OpenCall {
        let mut calls = lock(&self.0);
        let id = calls.next_id;
        calls.next_id += 1;
        if calls.list.len() == CAPACITY {
            calls.list.pop_front();
        }
        calls.list.push_back(Call {
            id,
            at_ms: unix_millis(),
            endpoint,
            user: None,
            grant_type: None,
            outcome: PENDING.into(),
            traceparent,
            in_flight_with: 0,
            answered: false,
        });
        if !endpoint.has_user() {
            calls.count_others_in_flight(id);
        }
        OpenCall { log: self.clone(), id }
    }

    /// In order of arrival.
    pub fn list(&self, user: Option<&UserName>) -> Vec<Call> {
        let calls = lock(&self.0);
        let asked_for = |call: &&Call| user.is_none() || call.user.as_ref() == user;
        calls.list.iter().filter(asked_for).cloned().collect()
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
        let is_like_it = |other: &&mut Call| {
            other.id != id && !other.answered && other.endpoint == call.endpoint && other.user == call.user
        };
        let mut others = 0;
        for other in self.list.iter_mut().filter(is_like_it) {
            other.in_flight_with += 1;
            others += 1;
        }
        if let Some(call) = self.find(id) {
            call.in_flight_with += others;
        }
    }
}

impl OpenCall {
    pub fn user(&self, user: &UserName) {
        let mut calls = self.calls();
        if let Some(call) = calls.find(self.id) {
            call.user = Some(user.clone());
        }
        calls.count_others_in_flight(self.id);
    }

    pub fn grant_type(&self, grant_type: GrantType) {
        if let Some(call) = self.calls().find(self.id) {
            call.grant_type = Some(grant_type);
        }
    }

    /// Anything but success.
    pub fn outcome(&self, outcome: impl Into<Cow<'static, str>>) {
        if let Some(call) = self.calls().find(self.id) {
            call.outcome = outcome.into();
        }
    }

    fn answered(&self, response: &Response) {
        let status = response.status();
        if let Some(call) = self.calls().find(self.id) {
            call.answered = true;
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

/// The caller may go away before it is answered.
impl Drop for OpenCall {
    fn drop(&mut self) {
        if let Some(call) = self.calls().find(self.id)
            && !call.answered
        {
            call.answered = true;
            call.outcome = "abandoned".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, response::IntoResponse};

    use super::*;

    fn user(name: &str) -> UserName {
        UserName::parse(name).unwrap()
    }

    fn begin(log: &Arc<CallLog>, name: &str) -> OpenCall {
        let call = log.begin(Endpoint::Token, None);
        call.user(&user(name));
        call
    }

    #[test]
    fn calls_of_one_user_that_overlap_count_each_other() {
        let log = Arc::new(CallLog::default());
        let (first, second) = (begin(&log, "alice"), begin(&log, "alice"));
        let _other = begin(&log, "bob");
        first.answered(&().into_response());
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
    fn the_oldest_calls_are_forgotten_first() {
        let log = Arc::new(CallLog::default());
        let first = begin(&log, "alice");
        for _ in 0..CAPACITY {
            let call = log.begin(Endpoint::Jwks, None);
            call.answered(&StatusCode::NOT_FOUND.into_response());
        }
        first.outcome("too late");
        let list = log.list(None);
        assert_eq!(list.len(), CAPACITY);
        assert!(list.iter().all(|call| call.outcome == "http_404"));
    }
}
