//! The log of requests, in order, and how the response to each ended, for tests to read.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Instant,
};

use serde::Serialize;
use serde_json::Value;

use super::scenario::Scenario;
use crate::mock::lock::lock;

/// Without the API key.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    #[serde(skip)]
    id: u64,
    #[serde(skip)]
    since: Instant,
    /// With the query.
    pub path: String,
    /// How the API key was sent: `bearer`, `api-key`, or not at all.
    pub credential: Option<&'static str>,
    /// As received (W3C Trace Context).
    pub traceparent: Option<String>,
    /// The token that identifies the user: the header `X-User-Token`, as received.
    pub user_token: Option<String>,
    /// As received.
    pub body: Value,
    pub scenario: Option<Scenario>,
    outcome: Outcome,
    /// Bytes of the response's body that the connection has taken.
    written_bytes: usize,
    /// When the client closed the connection, since the request arrived.
    closed_after_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// The response has not ended yet.
    Pending,
    /// The response was sent to its end.
    Played,
    /// The client closed the connection before the end.
    Closed,
}

#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Requests>);

#[derive(Debug, Default)]
struct Requests {
    list: VecDeque<Request>,
    next_id: u64,
}

/// A request whose response has not ended. If it is dropped before [`PendingRequest::played`], the client has gone.
#[derive(Debug)]
pub struct PendingRequest {
    log: Arc<RequestLog>,
    id: u64,
}

/// More than any test reads. The oldest requests are evicted first.
const CAPACITY: usize = 10_000;

impl RequestLog {
    pub fn begin(
        self: &Arc<RequestLog>,
        path: String,
        credential: Option<&'static str>,
        [traceparent, user_token]: [Option<String>; 2],
        body: Value,
        scenario: Option<Scenario>,
    ) -> PendingRequest {
        let mut requests = lock(&self.0);
        let id = requests.next_id;
        requests.next_id += 1;
        if requests.list.len() == CAPACITY {
            requests.list.pop_front();
        }
        requests.list.push_back(Request {
            id,
            since: Instant::now(),
            path,
            credential,
            traceparent,
            user_token,
            body,
            scenario,
            outcome: Outcome::Pending,
            written_bytes: 0,
            closed_after_ms: None,
        });
        PendingRequest { log: self.clone(), id }
    }

    /// The requests whose body contains `text`, in order of arrival.
    pub fn list(&self, text: &str) -> Vec<Request> {
        let requests = lock(&self.0);
        requests.list.iter().filter(|request| contains(&request.body, text)).cloned().collect()
    }

    pub fn clear(&self) {
        lock(&self.0).list.clear();
    }
}

impl PendingRequest {
    pub fn written(&self, bytes: usize) {
        self.change(|request| request.written_bytes += bytes);
    }

    pub fn played(&self) {
        self.change(|request| request.outcome = Outcome::Played);
    }

    fn change(&self, change: impl FnOnce(&mut Request)) {
        let mut requests = lock(&self.log.0);
        // Newest first: a pending request is a recent one.
        if let Some(request) = requests.list.iter_mut().rev().find(|request| request.id == self.id) {
            change(request);
        }
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        self.change(|request| {
            if request.outcome == Outcome::Pending {
                request.outcome = Outcome::Closed;
                request.closed_after_ms = Some(request.since.elapsed().as_millis() as u64);
            }
        });
    }
}

/// Whether any string in `value` contains `text`.
pub fn contains(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(values) => values.iter().any(|value| contains(value, text)),
        Value::Object(members) => members.values().any(|value| contains(value, text)),
        _ => text.is_empty(),
    }
}
