//! The settings for the verification of ID tokens.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;

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
    /// `max_age` of authorization requests: how long ago the person may have authenticated at the provider.
    pub max_age: Option<Duration>,
    /// `acr_values` of authorization requests: the ID token must have one of these as `acr`. Empty for no requirement.
    pub acr_values: Vec<String>,
}

/// A larger tolerance is logged as an exception.
const COMMON_CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

impl IdTokenPolicy {
    /// Logs at every start which settings weaken the default checks, for auditors.
    pub(in crate::server::auth::oidc) fn warn_of_exceptions(&self) {
        if self.allow_weak_rsa_keys {
            tracing::warn!("ALLOW_WEAK_RSA_KEYS: ID tokens signed with RSA keys of 1024 to 2047 bits are accepted");
        }
        if self.clock_tolerance > COMMON_CLOCK_TOLERANCE {
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
