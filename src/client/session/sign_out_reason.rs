//! Why this tab was signed out, where the person did not sign out, and on which page. It outlives a reload.

use serde::{Deserialize, Serialize};

use super::state::EndedBy;
use crate::client::platform::web_storage::SESSION_STORAGE;

const NAME: &str = "oracle-ai.signed_out_because";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub ended_by: EndedBy,
    pub path: String,
}

pub fn get() -> Option<Reason> {
    serde_json::from_str(&SESSION_STORAGE.get(NAME)?).ok()
}

pub fn set(reason: &Reason) {
    if let Ok(json) = serde_json::to_string(reason) {
        SESSION_STORAGE.set(NAME, &json);
    }
}

pub fn remove() {
    SESSION_STORAGE.remove(NAME);
}
