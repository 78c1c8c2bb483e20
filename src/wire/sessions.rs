//! What a person is told of their own sessions.

use serde::{Deserialize, Serialize};

/// `GET /api/sessions` answered, the caller's own session first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    pub sessions: Vec<SessionSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub session: SessionHandle,
    /// `Firefox`; absent where it is none that we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// `Windows`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// In Unix seconds, as below.
    pub since: u64,
    /// By its last refresh: a few minutes ago may be now.
    pub last_used_at: u64,
    /// Whether it is the caller's.
    pub is_this: bool,
}

/// Names a session to its user, and is good for nothing else: neither is it the session's id, nor does it lead there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionHandle(String);

/// `POST /api/sessions/end`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRequest {
    pub session: SessionHandle,
}

/// `POST /api/sessions/end-all`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndAllRequest {
    /// Whether the caller's own session goes on.
    pub keep_this: bool,
}

/// What `GET /api/session/events` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    pub kind: SessionEventKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEventKind {
    /// The stream has begun: the session lives.
    Lives,
    /// The session is over. Nothing comes after it.
    Ended,
}

impl SessionHandle {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
