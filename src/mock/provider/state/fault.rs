//! What can be made to go wrong at the token endpoint.

use std::{collections::VecDeque, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::mock::provider::{
    connection::Connection, endpoints::token_error::TokenError, params::Params, state::grants::GrantError,
};

/// A fault as a test writes it: `{"kind": "slow", "ms": 500, "times": 2}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: FaultKind,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ms: u64,
    /// How many calls it spoils; 0: all until it is changed.
    #[serde(default = "once")]
    pub times: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    // Another answer, and nothing is granted or spent.
    InvalidGrant,
    /// 500 with an HTML page.
    ServerError,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 200 with a body that is not JSON.
    Garbage,
    /// 400 with an empty body.
    Empty,
    /// The connection closes without an answer.
    Reset,
    /// `invalid_grant`, with all that was sent in a long description.
    Echo,

    /// Waits `ms`, then answers normally.
    Slow,
    /// Grants and spends, but the connection closes without the answer.
    LostAnswer,
    /// Grants and spends, is listed under its name, waits `ms`, and answers.
    SlowAnswer,

    // The answer is granted, and spoiled.
    WrongNonce,
    WrongIss,
    WrongAud,
    ExpiredIdToken,
    BadSignature,
    AlgNone,
    MissingIdToken,
    MissingAccessToken,
}

/// A request that is to be spoiled.
pub struct Sent<'a> {
    pub connection: &'a Connection,
    pub headers: &'a HeaderMap,
    pub params: &'a Params,
}

impl FaultKind {
    /// The name under which calls are listed.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::InvalidGrant => "invalid_grant",
            FaultKind::ServerError => "server_error",
            FaultKind::Unavailable => "unavailable",
            FaultKind::Garbage => "garbage",
            FaultKind::Empty => "empty",
            FaultKind::Reset => "reset",
            FaultKind::Echo => "echo",
            FaultKind::Slow => "slow",
            FaultKind::LostAnswer => "lost_answer",
            FaultKind::SlowAnswer => "slow_answer",
            FaultKind::WrongNonce => "wrong_nonce",
            FaultKind::WrongIss => "wrong_iss",
            FaultKind::WrongAud => "wrong_aud",
            FaultKind::ExpiredIdToken => "expired_id_token",
            FaultKind::BadSignature => "bad_signature",
            FaultKind::AlgNone => "alg_none",
            FaultKind::MissingIdToken => "missing_id_token",
            FaultKind::MissingAccessToken => "missing_access_token",
        }
    }

    /// What is answered in place of granting anything.
    pub fn instead_of_granting(self, sent: &Sent<'_>) -> Option<Response> {
        let response = match self {
            FaultKind::InvalidGrant => TokenError::Grant(GrantError::Ended).into_response(),
            FaultKind::ServerError => {
                let page = Html("<!doctype html><title>500</title><h1>Internal error</h1>");
                (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
            }
            FaultKind::Unavailable => unavailable(),
            FaultKind::Garbage => ([(header::CONTENT_TYPE, "application/json")], "}{ not JSON").into_response(),
            FaultKind::Empty => StatusCode::BAD_REQUEST.into_response(),
            FaultKind::Reset => sent.connection.close_without_answer(),
            FaultKind::Echo => TokenError::repeating(sent.headers, sent.params).into_response(),
            _ => return None,
        };
        Some(response)
    }
}

/// 503, and when to come back.
pub fn unavailable() -> Response {
    let retry_after = [(header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response()
}

/// Takes one use of the first fault.
pub fn take_next(faults: &mut VecDeque<Fault>) -> Option<Fault> {
    let next = faults.front()?.clone();
    match next.times {
        0 => {}
        1 => drop(faults.pop_front()),
        _ => faults.iter_mut().take(1).for_each(|first| first.times -= 1),
    }
    Some(next)
}

impl Fault {
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

fn once() -> u32 {
    1
}

fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> VecDeque<Fault> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn faults_are_used_up_from_the_front() {
        let mut faults = faults(r#"[{"kind":"empty","times":2},{"kind":"reset"}]"#);
        let kinds: Vec<_> = std::iter::from_fn(|| take_next(&mut faults)).map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::Empty, FaultKind::Empty, FaultKind::Reset]);
    }

    #[test]
    fn zero_times_lasts_until_changed() {
        let mut faults = faults(r#"[{"kind":"alg_none","times":0}]"#);
        for _ in 0..5 {
            assert_eq!(take_next(&mut faults).unwrap().kind, FaultKind::AlgNone);
        }
    }

    #[test]
    fn a_fault_is_listed_under_the_name_it_was_set_by() {
        for name in ["invalid_grant", "lost_answer", "expired_id_token", "slow"] {
            let kind: FaultKind = serde_json::from_value(name.into()).unwrap();
            assert_eq!(kind.name(), name);
        }
    }
}
