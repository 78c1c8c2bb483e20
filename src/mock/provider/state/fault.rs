//! Faults of the token and introspection endpoints.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

/// As a test writes it: `{"kind": "slow", "ms": 500, "times": 2}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: FaultKind,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ms: u64,
    /// How many requests get it; 0: all, until the setting is changed.
    #[serde(default = "once")]
    pub times: u32,
    /// Of [`FaultKind::Response`]; 200 without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of [`FaultKind::Response`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Of [`FaultKind::Response`]; `application/json` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    // Another response; the code or refresh token is not used.
    InvalidGrant,
    /// 500 with an HTML page.
    ServerError,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 200 with a body that is not JSON.
    Garbage,
    /// 400 with an empty body.
    Empty,
    /// The connection closes without a response.
    Reset,
    /// `invalid_grant` with a long description that repeats the whole request.
    Echo,
    /// The fault's own status, body and content type.
    Response,

    /// Waits `ms`, then answers normally.
    Slow,
    /// Issues the tokens, but the connection closes without the response.
    LostAnswer,
    /// Issues the tokens, waits `ms`, then answers. The call is logged under the fault's name.
    SlowAnswer,

    // A token response with something wrong in it.
    WrongNonce,
    WrongIss,
    WrongAud,
    ExpiredIdToken,
    BadSignature,
    AlgNone,
    MissingIdToken,
    MissingAccessToken,
}

impl FaultKind {
    /// As in the log of calls.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::InvalidGrant => "invalid_grant",
            FaultKind::ServerError => "server_error",
            FaultKind::Unavailable => "unavailable",
            FaultKind::Garbage => "garbage",
            FaultKind::Empty => "empty",
            FaultKind::Reset => "reset",
            FaultKind::Echo => "echo",
            FaultKind::Response => "response",
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
}

/// The first fault, counted down.
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
    fn a_fault_is_logged_under_the_name_it_was_set_by() {
        for name in ["invalid_grant", "lost_answer", "expired_id_token", "slow"] {
            let kind: FaultKind = serde_json::from_value(name.into()).unwrap();
            assert_eq!(kind.name(), name);
        }
    }
}
