//! Requests, responses and events of the endpoints where people see and end their own sessions.

use serde::{Deserialize, Serialize};

/// The response to `GET /api/sessions`, the caller's own session first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    pub sessions: Vec<SessionSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub session: SessionHandle,
    /// `Firefox`. Absent where the browser is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// `Windows`. Absent where the system is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// When the session began, in Unix seconds.
    pub since: u64,
    /// In Unix seconds. Written at a refresh, so a session in use may seem some minutes old.
    pub last_used_at: u64,
    /// Whether it is the caller's own.
    pub is_this: bool,
}

/// Identifies a session to its user. It is not the session's id, nor can that be derived from it.
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
    /// Whether the caller's own session is kept.
    pub keep_this: bool,
}

/// An event of `GET /api/session/events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    pub kind: SessionEventKind,
    /// The session was ended deliberately: by the person in another browser, by an operator or by the provider. The next
    /// sign-in is to ask for the password again ([`crate::api::auth::authorize`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reauthenticate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEventKind {
    /// The first event: the session is live.
    Lives,
    /// The last event: the session has ended.
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
