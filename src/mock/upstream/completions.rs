//! The endpoint: who may ask, and what is played.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::super::lock::lock;
use super::{
    body, refusals,
    requests::{RequestLog, mentions},
    scenario::{Name, Scenario},
    transcripts::transcript,
};

/// What all requests share.
pub struct Shared {
    api_key: String,
    pub requests: Arc<RequestLog>,
    rules: Mutex<Vec<Rule>>,
}

/// A scenario for the requests that have a text in them.
#[derive(Debug, Clone)]
pub struct Rule {
    pub when: String,
    pub scenario: Scenario,
    /// How many requests it is for; 0: all until it is reset.
    pub times: u32,
}

impl Shared {
    pub fn new(api_key: &str) -> Shared {
        Shared { api_key: api_key.to_owned(), requests: Arc::default(), rules: Mutex::default() }
    }

    /// After those that are set already.
    pub fn add_rule(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    pub fn reset(&self) {
        lock(&self.rules).clear();
        self.requests.clear();
    }

    /// By the first rule that fits, or by what the question asks for.
    fn scenario(&self, body: &Value, question: &str) -> Scenario {
        let mut rules = lock(&self.rules);
        let Some(at) = rules.iter().position(|rule| mentions(&body["messages"], &rule.when)) else {
            return Scenario::asked_for(question).unwrap_or(Scenario::named(Name::Answer));
        };
        let scenario = rules[at].scenario;
        match rules[at].times {
            0 => {}
            1 => drop(rules.remove(at)),
            _ => rules[at].times -= 1,
        }
        scenario
    }
}

pub async fn at_openai(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&shared, &uri, &headers, &body, false).await
}

pub async fn at_azure(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&shared, &uri, &headers, &body, true).await
}

async fn answer(shared: &Shared, uri: &Uri, headers: &HeaderMap, body: &[u8], is_azure: bool) -> Response {
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return refusals::not_json(&error.to_string()),
    };
    let bearer = header_text(headers, header::AUTHORIZATION.as_str()).and_then(|it| it.strip_prefix("Bearer "));
    let api_key = header_text(headers, "api-key");
    let credential = [("bearer", bearer), ("api-key", api_key)].into_iter().find(|(_, key)| key.is_some());
    let expected = if is_azure { ("api-key", api_key) } else { ("bearer", bearer) };
    let has_key = expected.1 == Some(shared.api_key.as_str());
    let has_version = uri.query().is_some_and(|query| query.starts_with("api-version="));

    let question = last_question(&body);
    let scenario = (has_key && has_version == is_azure).then(|| shared.scenario(&body, &question));
    let path = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let has_stream_options = !body["stream_options"].is_null();
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = shared.requests.begin(path, credential.map(|(name, _)| name), traceparent, body, scenario);
    let Some(scenario) = scenario else {
        request.played();
        return if has_key { refusals::no_version() } else { refusals::unauthorized() };
    };
    if scenario.name == Name::NoHead {
        // The request goes with this future, which goes with the connection.
        return pending().await;
    }
    if scenario.name == Name::NoStreamOptions && has_stream_options {
        request.played();
        return refusals::unknown_stream_options();
    }
    if scenario.name == Name::Echo {
        request.played();
        return refusals::repeating(header_text(headers, header::AUTHORIZATION.as_str()).or(api_key), &question);
    }
    match transcript(scenario, &question, is_azure) {
        Some(parts) => ([(header::CONTENT_TYPE, "text/event-stream")], body::body(parts, request)).into_response(),
        None => {
            request.played();
            refusals::refusal(scenario).unwrap_or_default()
        }
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn last_question(body: &Value) -> String {
    let messages = body["messages"].as_array();
    let question = messages.into_iter().flatten().rfind(|message| message["role"] == "user");
    question.and_then(|question| question["content"].as_str()).unwrap_or_default().to_owned()
}
