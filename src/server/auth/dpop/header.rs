//! The JOSE header of a proof (RFC 9449 §4.2).

use serde_json::{Map, Value};

use super::error::ProofError;
use crate::server::auth::jose::json;

/// The members that are used. All others are ignored (RFC 7515 §4), also those that name another key: `jku`, `x5u`, `x5c`,
/// `kid`.
pub(super) struct Header {
    pub typ: String,
    pub alg: String,
    pub jwk: Map<String, Value>,
}

impl Header {
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut members = json::object(bytes)?;
        if members.contains_key("crit") {
            return Err(ProofError::CriticalExtension);
        }
        let (Some(Value::String(typ)), Some(Value::String(alg)), Some(Value::Object(jwk))) =
            (members.remove("typ"), members.remove("alg"), members.remove("jwk"))
        else {
            return Err(ProofError::Malformed("`typ`, `alg` or `jwk` is missing or not of its type"));
        };
        Ok(Self { typ, alg, jwk })
    }
}
