//! `OIDC_PROFILE`: a security profile that all requests to the provider, and all its responses, must fit.
//!
//! Most of it are settings that have one value then: the configuration sets them, and refuses weaker ones. What no setting
//! says is here.

use openidconnect::core::CoreJwsSigningAlgorithm;

use super::discovery::Metadata;

/// `OIDC_PROFILE`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecurityProfile {
    /// What OpenID Connect demands, and the settings of the operator besides.
    #[default]
    None,
    /// FAPI 2.0 Security Profile (Final), as a client: §5.3.3 and §5.4.
    Fapi2,
}

/// §5.4.1, without `none` and PKCS #1 v1.5.
pub const FAPI_ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

impl SecurityProfile {
    /// §5.3.3.2 (5): every authorization response names its issuer, whether the metadata announces it or not.
    pub(super) fn requires_iss(self) -> bool {
        self == Self::Fapi2
    }

    /// The algorithms of client assertions that the provider's metadata lists, where they decide: under FAPI 2.0, an RSA key
    /// signs with PS256 whatever is listed (§5.4.1).
    pub(super) fn assertion_algorithms(self, metadata: &Metadata) -> Option<&Vec<CoreJwsSigningAlgorithm>> {
        match self {
            Self::None => metadata.token_endpoint_auth_signing_alg_values_supported(),
            Self::Fapi2 => None,
        }
    }

    /// Logs where the provider's metadata falls short, as a sign-in would only say that it failed. `oracle-ai doctor` shows
    /// each requirement.
    pub(super) fn warn_of_shortfalls(self, metadata: &Metadata) {
        if self == Self::None {
            return;
        }
        let more = metadata.additional_metadata();
        let shortfalls = [
            (more.pushed_authorization_request_endpoint().is_none(), "a pushed_authorization_request_endpoint"),
            (!more.announces_iss(), "`iss` in authorization responses"),
            (!more.supports_dpop(), "DPoP with ES256"),
            (more.supports_s256() != Some(true), "PKCE with S256"),
        ];
        for (_, what) in shortfalls.into_iter().filter(|(falls_short, _)| *falls_short) {
            tracing::error!("OIDC_PROFILE=fapi2: the provider's metadata does not name {what}");
        }
    }
}
