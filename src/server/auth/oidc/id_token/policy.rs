//! The settings for the verification of ID tokens.

use std::time::Duration;

use openidconnect::{SignatureVerificationError, core::CoreJwsSigningAlgorithm};
use serde_json::{Map, Value};

use crate::server::{
    auth::oidc::AskedAuthentication,
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// The supported signature algorithms by their names (RFC 7518 §3.1, RFC 8037 §3.1). Neither `none` nor the symmetric
/// `HS*`. `openidconnect` does not implement `ES512`.
pub const SIGNING_ALGORITHMS: [(&str, CoreJwsSigningAlgorithm); 9] = [
    ("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
    ("RS384", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384),
    ("RS512", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512),
    ("PS256", CoreJwsSigningAlgorithm::RsaSsaPssSha256),
    ("PS384", CoreJwsSigningAlgorithm::RsaSsaPssSha384),
    ("PS512", CoreJwsSigningAlgorithm::RsaSsaPssSha512),
    ("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256),
    ("ES384", CoreJwsSigningAlgorithm::EcdsaP384Sha384),
    ("EdDSA", CoreJwsSigningAlgorithm::EdDsa),
];

/// The name that RFC 9864 §2.2 gives to EdDSA with the curve Ed25519, the only one that `openidconnect` implements.
pub(super) const ED25519: &str = "Ed25519";

/// The supported algorithm with this name.
pub fn signing_algorithm(name: &str) -> Option<CoreJwsSigningAlgorithm> {
    let name = if name == ED25519 { "EdDSA" } else { name };
    SIGNING_ALGORITHMS.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
}

/// The default of `CLOCK_TOLERANCE`.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct IdTokenPolicy {
    /// The accepted algorithms, a subset of [`SIGNING_ALGORITHMS`].
    pub algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// `ALLOW_WEAK_RSA_KEYS`: whether RSA keys of 1024 to 2047 bits are accepted.
    pub allow_weak_rsa_keys: bool,
    /// `CLOCK_TOLERANCE`: the accepted difference between the provider's clock and this machine's.
    pub clock_tolerance: Duration,
    /// `TRUSTED_AUDIENCES`: audiences that an ID token may have besides the client id.
    pub trusted_audiences: Vec<String>,
    /// `MAX_AGE`, `ACR_VALUES`: what every login asks of the person's authentication. A step-up asks for something else.
    pub authentication: AskedAuthentication,
}

/// A larger tolerance is logged as an exception.
const COMMON_CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

impl IdTokenPolicy {
    /// `alg` of a token's header, if it is one of the accepted algorithms.
    pub(in crate::server::auth::oidc) fn algorithm(
        &self,
        header: &Map<String, Value>,
    ) -> Result<CoreJwsSigningAlgorithm, SignatureVerificationError> {
        let name = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let unsupported = || SignatureVerificationError::UnsupportedAlg(excerpt(name).to_string());
        let algorithm = signing_algorithm(name).ok_or_else(unsupported)?;
        match self.algorithms.contains(&algorithm) {
            true => Ok(algorithm),
            false => Err(SignatureVerificationError::DisallowedAlg(name.to_owned())),
        }
    }

    /// Logs at every start which settings weaken the default checks, for auditors.
    pub(in crate::server::auth::oidc) fn warn_of_exceptions(&self) {
        if self.allow_weak_rsa_keys {
            audit::record(Event::CheckWeakened, None, Some(&"ALLOW_WEAK_RSA_KEYS"));
            tracing::warn!("ALLOW_WEAK_RSA_KEYS: ID tokens signed with RSA keys of 1024 to 2047 bits are accepted");
        }
        if self.clock_tolerance > COMMON_CLOCK_TOLERANCE {
            let seconds = self.clock_tolerance.as_secs();
            audit::record(Event::CheckWeakened, None, Some(&"CLOCK_TOLERANCE"));
            tracing::warn!(seconds, "CLOCK_TOLERANCE: ID tokens are accepted for more than a minute too long");
        }
        if !self.trusted_audiences.is_empty() {
            audit::record(Event::CheckWeakened, None, Some(&"TRUSTED_AUDIENCES"));
            tracing::warn!(audiences = ?self.trusted_audiences, "TRUSTED_AUDIENCES: ID tokens that are for others too are accepted");
        }
    }
}

impl Default for IdTokenPolicy {
    fn default() -> Self {
        Self {
            algorithms: SIGNING_ALGORITHMS.map(|(_, algorithm)| algorithm).into(),
            allow_weak_rsa_keys: false,
            clock_tolerance: DEFAULT_CLOCK_TOLERANCE,
            trusted_audiences: vec![],
            authentication: AskedAuthentication::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn algorithm(alg: Value) -> Result<CoreJwsSigningAlgorithm, SignatureVerificationError> {
        IdTokenPolicy::default().algorithm(json!({ "alg": alg }).as_object().unwrap())
    }

    #[test]
    fn none_symmetric_and_unknown_algorithms_are_refused() {
        // T25
        for alg in
            [json!("none"), json!("HS256"), json!("HS512"), json!("rs256"), json!("A128GCM"), json!(7), Value::Null]
        {
            assert!(algorithm(alg.clone()).is_err(), "{alg}");
        }
        assert_eq!(algorithm(json!("ES256")), Ok(CoreJwsSigningAlgorithm::EcdsaP256Sha256));
    }

    #[test]
    fn ed25519_is_another_name_of_eddsa_and_is_refused_where_that_is() {
        for name in ["EdDSA", "Ed25519"] {
            assert_eq!(algorithm(json!(name)), Ok(CoreJwsSigningAlgorithm::EdDsa));
            let narrowed = IdTokenPolicy {
                algorithms: vec![CoreJwsSigningAlgorithm::EcdsaP256Sha256],
                ..IdTokenPolicy::default()
            };
            assert!(narrowed.algorithm(json!({ "alg": name }).as_object().unwrap()).is_err());
        }
        assert!(algorithm(json!("ed25519")).is_err());
        assert!(algorithm(json!("Ed448")).is_err());
    }
}
