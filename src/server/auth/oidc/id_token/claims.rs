//! The claims that are checked, taken from untyped JSON.
//!
//! `openidconnect` has a type for every standard claim, and rejects a token if one claim that nobody reads has another
//! type. So it receives only these. Claims that must be checked are errors if they have another type; the error names
//! the claim.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::server::auth::oidc::token_claims::numeric_date;

/// A claim that must be checked is absent, or has another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::server::auth::oidc) enum ClaimError {
    #[error("it has no `{0}`")]
    Missing(&'static str),
    #[error("its `{0}` is not text")]
    NotText(&'static str),
    #[error("its `{0}` is not a time")]
    NotATime(&'static str),
    #[error("its `{0}` is neither text nor a list of texts")]
    NotAudiences(&'static str),
}

/// Claims that were requested, so that they have to be checked (OpenID Connect Core §3.1.3.7, steps 12 and 13).
#[derive(Clone, Copy, Debug)]
pub(super) struct Requested {
    /// By `acr_values`.
    pub acr: bool,
    /// By `max_age`.
    pub auth_time: bool,
}

/// The claims to check.
#[derive(Debug)]
pub(super) struct CheckedClaims {
    /// For `openidconnect`. Times are numbers.
    pub claims: Map<String, Value>,
    /// `nbf`, which `openidconnect` does not check (RFC 7519 §4.1.5).
    pub not_before: Option<SystemTime>,
    /// Claims of another type that need not be checked. They count as absent.
    pub left_out: Vec<&'static str>,
}

/// The JSON type of a claim.
#[derive(Clone, Copy)]
enum Type {
    Text,
    /// A number, or a number as text (T72). Zero, which some providers send for an unknown time, is none.
    Time,
    /// Text or a list of texts (RFC 7519 §4.1.3).
    Audiences,
}

/// What happens to a token without the claim, or with another type.
#[derive(Clone, Copy)]
enum Need {
    /// The claim must be there.
    Required,
    /// The claim may be absent, which is checked elsewhere where it matters. Another type is an error.
    Checked,
    /// Another type counts as absent.
    Optional,
}

impl CheckedClaims {
    pub fn of(members: &Map<String, Value>, requested: Requested) -> Result<Self, ClaimError> {
        let if_requested = |is_requested| if is_requested { Need::Checked } else { Need::Optional };
        let mut checked = Self { claims: Map::new(), not_before: not_before(members)?, left_out: vec![] };
        for (name, of_type, need) in [
            ("iss", Type::Text, Need::Required),
            ("sub", Type::Text, Need::Required),
            ("aud", Type::Audiences, Need::Checked),
            ("exp", Type::Time, Need::Required),
            ("iat", Type::Time, Need::Required),
            ("nonce", Type::Text, Need::Checked),
            ("at_hash", Type::Text, Need::Checked),
            // If there is no usable one, the token must have us as its only audience.
            ("azp", Type::Text, Need::Optional),
            ("acr", Type::Text, if_requested(requested.acr)),
            ("auth_time", Type::Time, if_requested(requested.auth_time)),
        ] {
            match (members.get(name).filter(|value| !value.is_null()), need) {
                (None, Need::Required) => return Err(ClaimError::Missing(name)),
                (None, _) => {}
                (Some(value), need) => match (of_type.read(value), need) {
                    (Some(value), _) => drop(checked.claims.insert(name.into(), value)),
                    (None, Need::Optional) => checked.left_out.push(name),
                    (None, _) => return Err(of_type.error(name)),
                },
            }
        }
        Ok(checked)
    }
}

fn not_before(members: &Map<String, Value>) -> Result<Option<SystemTime>, ClaimError> {
    let Some(value) = members.get("nbf").filter(|value| !value.is_null()) else { return Ok(None) };
    let seconds = numeric_date(value).ok_or(ClaimError::NotATime("nbf"))?;
    Ok(Some(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)))
}

impl Type {
    /// The value as `openidconnect` reads it; `None` if it has another type.
    fn read(self, value: &Value) -> Option<Value> {
        match self {
            Self::Text => value.is_string().then(|| value.clone()),
            Self::Time => numeric_date(value).filter(|seconds| *seconds > 0.0).map(Value::from),
            Self::Audiences => {
                let is_fit = value.is_string()
                    || value.as_array().is_some_and(|audiences| audiences.iter().all(Value::is_string));
                is_fit.then(|| value.clone())
            }
        }
    }

    fn error(self, name: &'static str) -> ClaimError {
        match self {
            Self::Text => ClaimError::NotText(name),
            Self::Time => ClaimError::NotATime(name),
            Self::Audiences => ClaimError::NotAudiences(name),
        }
    }
}
