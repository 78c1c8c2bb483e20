//! What the operator decides about ID tokens.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;

/// Signatures by the provider's private keys, under their names (RFC 7518 §3.1, RFC 8037 §3.1). Never `none`, and never
/// `HS*`: those are made with a secret that both sides hold. `ES512` is not to be had from `openidconnect`.
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

/// How far the provider's clock may be off ours, unless the operator says otherwise.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct IdTokenPolicy {
    /// Some of [`SIGNING_ALGORITHMS`].
    pub algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// Whether RSA keys of 1024 to 2047 bits are used.
    pub allow_weak_rsa_keys: bool,
    /// How far the provider's clock may be off ours.
    pub clock_tolerance: Duration,
    /// Who else ID tokens for us may be for.
    pub trusted_audiences: Vec<String>,
    /// How long ago the person may have signed in at the provider when a login here ends; asked for as `max_age`.
    pub max_age: Option<Duration>,
    /// How the person must have signed in: one of these, asked for as `acr_values`. Nothing is asked for where empty.
    pub acr_values: Vec<String>,
}

/// A tolerance beyond this is no longer a matter of course.
const USUAL_CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

impl IdTokenPolicy {
    /// What an auditor should find in the log of every start.
    pub(in crate::server::auth::oidc) fn warn_of_exceptions(&self) {
        if self.allow_weak_rsa_keys {
            tracing::warn!("ALLOW_WEAK_RSA_KEYS: ID tokens signed with RSA keys of 1024 to 2047 bits are accepted");
        }
        if self.clock_tolerance > USUAL_CLOCK_TOLERANCE {
            let seconds = self.clock_tolerance.as_secs();
            tracing::warn!(seconds, "CLOCK_TOLERANCE: ID tokens are accepted for more than a minute too long");
        }
        if !self.trusted_audiences.is_empty() {
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
            max_age: None,
            acr_values: vec![],
        }
    }
}
