//! What was asked, in order, and how each answer ended, so that a test can see it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Instant,
};

use serde::Serialize;
use serde_json::Value;

use super::super::lock::lock;
use super::scenario::Scenario;

/// One question. It doesn't hold the key.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    #[serde(skip)]
    id: u64,
    #[serde(skip)]
    since: Instant,
    /// With its query.
    pub path: String,
    /// How the key came: `bearer`, `api-key`, or nothing.
    pub credential: Option<&'static str>,
    /// As it came (W3C Trace Context).
    pub traceparent: Option<String>,
    /// As it came.
    pub body: Value,
    pub scenario: Option<Scenario>,
    outcome: Outcome,
    /// Of the answer's body, as far as the connection took it.
    written_bytes: usize,
    /// When the client closed the connection, counted from the question.
    closed_after_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Not ended yet.
    Pending,
    /// All was sent that was to be.
    Played,
    /// The client closed the connection before.
    Closed,
}

#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Requests>);

#[derive(Debug, Default)]
struct Requests {
    list: VecDeque<Request>,
    next_id: u64,
}

/// A question whose answer has not ended. Dropping it before [`OpenRequest::played`] means that the client has gone.
#[derive(Debug)]
pub struct OpenRequest {
    log: Arc<RequestLog>,
    id: u64,
}

/// More than any test reads; what is older is forgotten.
const CAPACITY: usize = 10_000;

impl RequestLog {
    pub fn begin(
        self: &Arc<RequestLog>,
        path: String,
        credential: Option<&'static str>,
        traceparent: Option<String>,
        body: Value,
        scenario: Option<Scenario>,
    ) -> OpenRequest {
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
            body,
            scenario,
            outcome: Outcome::Pending,
            written_bytes: 0,
            closed_after_ms: None,
        });
        OpenRequest { log: self.clone(), id }
    }

    /// In order of arrival, those whose body has this text in it.
    pub fn list(&self, containing: &str) -> Vec<Request> {
        let requests = lock(&self.0);
        requests.list.iter().filter(|request| mentions(&request.body, containing)).cloned().collect()
    }

    pub fn clear(&self) {
        lock(&self.0).list.clear();
    }
}

impl OpenRequest {
    pub fn written(&self, bytes: usize) {
        self.change(|request| request.written_bytes += bytes);
    }

    pub fn played(&self) {
        self.change(|request| request.outcome = Outcome::Played);
    }

    fn change(&self, change: impl FnOnce(&mut Request)) {
        let mut requests = lock(&self.log.0);
        // Newest first: what is sent now was asked lately.
        if let Some(request) = requests.list.iter_mut().rev().find(|request| request.id == self.id) {
            change(request);
        }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.change(|request| {
            if request.outcome == Outcome::Pending {
                request.outcome = Outcome::Closed;
                request.closed_after_ms = Some(request.since.elapsed().as_millis() as u64);
            }
        });
    }
}

/// Whether any of its texts has this in it.
pub fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(it) => it.contains(text),
        Value::Array(values) => values.iter().any(|value| mentions(value, text)),
        Value::Object(members) => members.values().any(|value| mentions(value, text)),
        _ => text.is_empty(),
    }
}
