//! Requests and responses of the endpoints for operators, who find and end the sessions of others.

use serde::{Deserialize, Serialize};

use super::sessions::SessionHandle;

/// `POST /api/operator/sessions` lists the sessions of a user; the response is a
/// [`SessionList`](super::sessions::SessionList). `POST /api/operator/sessions/end-all` ends them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRequest {
    /// The user's `sub` at the provider: 1 to [`MAX_SUBJECT_CHARS`] characters.
    pub sub: String,
    /// The issuer of that `sub`. Absent: the provider that this server is configured with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// `POST /api/operator/sessions/end`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUserSessionRequest {
    /// As in a [`UserRequest`].
    pub sub: String,
    /// As in a [`UserRequest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// As in the list.
    pub session: SessionHandle,
}

/// The response to `POST /api/operator/sessions/end` and `/end-all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSessions {
    /// How many sessions were ended.
    pub ended: usize,
}

/// Of an issuer too.
pub const MAX_SUBJECT_CHARS: usize = 1_024;
