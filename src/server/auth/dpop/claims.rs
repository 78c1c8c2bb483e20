//! The claims of a proof (RFC 9449 §4.2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::error::ProofError;
use crate::server::auth::jose::json;

/// Generous for UUIDs and random values, and small enough to hash for every request.
const MAX_JTI_CHARACTERS: usize = 256;

/// The last second of the year 9999, in Unix seconds. A time in milliseconds by mistake is far beyond it.
const MAX_IAT: f64 = 253_402_300_799.0;

/// The claims that are used. Others are ignored (RFC 7519 §4).
pub(super) struct Claims {
    pub jti: String,
    pub htm: String,
    pub htu: String,
    pub iat: SystemTime,
    /// Hash of the access token. Required for requests with one.
    pub ath: Option<String>,
    /// Required by [`super::NonceRule::Required`].
    pub nonce: Option<String>,
}

impl Claims {
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut members = json::object(bytes)?;
        Ok(Self {
            jti: jti(&mut members)?,
            htm: text(&mut members, "htm")?.ok_or(ProofError::Malformed("no `htm`"))?,
            htu: text(&mut members, "htu")?.ok_or(ProofError::Malformed("no `htu`"))?,
            iat: iat(&members)?,
            ath: text(&mut members, "ath")?,
            nonce: text(&mut members, "nonce")?,
        })
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ProofError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ProofError::Malformed("a claim is not a string")),
    }
}

fn jti(members: &mut Map<String, Value>) -> Result<String, ProofError> {
    let jti = text(members, "jti")?.ok_or(ProofError::Malformed("no `jti`"))?;
    match jti.chars().count() {
        1..=MAX_JTI_CHARACTERS => Ok(jti),
        _ => Err(ProofError::BadJti),
    }
}

/// A NumericDate, which may have a fraction (RFC 7519 §2).
fn iat(members: &Map<String, Value>) -> Result<SystemTime, ProofError> {
    let seconds = members.get("iat").and_then(Value::as_f64).ok_or(ProofError::Malformed("no `iat`, or no number"))?;
    if !(0.0..=MAX_IAT).contains(&seconds) {
        return Err(ProofError::BadIat);
    }
    Ok(UNIX_EPOCH + Duration::from_secs_f64(seconds))
}
