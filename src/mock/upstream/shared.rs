//! The state that all requests to one upstream share.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::{
    requests::{RequestLog, contains},
    scenario::{Name, Scenario},
};
use crate::mock::lock::lock;

pub struct Shared {
    /// Without one, every key is accepted.
    pub api_key: Option<String>,
    pub requests: Arc<RequestLog>,
    rules: Mutex<Vec<Rule>>,
}

/// The scenario of the requests that contain a text.
#[derive(Debug, Clone)]
pub struct Rule {
    pub when: String,
    pub scenario: Scenario,
    /// For how many requests; 0: for all, until the rules are reset.
    pub times: u32,
}

impl Shared {
    pub fn new(api_key: Option<&str>) -> Shared {
        Shared { api_key: api_key.map(str::to_owned), requests: Arc::default(), rules: Mutex::default() }
    }

    /// It applies after the rules that are there.
    pub fn add_rule(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    pub fn reset(&self) {
        lock(&self.rules).clear();
        self.requests.clear();
    }

    /// The scenario of the first rule that applies, or else the one that the question names.
    pub fn scenario(&self, body: &Value, question: &str) -> Scenario {
        let mut rules = lock(&self.rules);
        let Some(at) = rules.iter().position(|rule| contains(&body["messages"], &rule.when)) else {
            return Scenario::named_in(question).unwrap_or(Scenario::named(Name::Answer));
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
