//! Verification of ID tokens.
//!
//! | file | holds |
//! |---|---|
//! | `check` | the thirteen steps of OpenID Connect Core §3.1.3.7: start reading here |
//! | `claims` | the claims that are checked, from untyped JSON |
//! | `keys`, `provider_key` | which of the provider's keys signed it |
//! | `policy` | the settings for ID tokens |
//!
//! These files do no I/O, have no state and read no clock. This one fetches the provider's keys again if no cached key
//! verifies the signature (§10.1.1).

mod check;
mod claims;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod keys;
mod policy;
mod provider_key;
#[cfg(test)]
mod tests;

use openidconnect::{AccessToken, ClaimsVerificationError, SignatureVerificationError, core::CoreIdTokenClaims};

pub use policy::{DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, SIGNING_ALGORITHMS, signing_algorithm};

pub(super) use check::Expected;
pub(super) use claims::ClaimError;
pub(super) use keys::{is_large_enough, key_id, newer_keys_may_help, signing_key, warn_of_refused_keys};
pub(super) use provider_key::{ProviderKey, ProviderKeys, identity};

use super::{
    client::OidcClient,
    error::ProviderError,
    values::{IdToken, Nonce},
};
use crate::server::auth::jose::Malformed;
use check::Check;

/// The claims of a login's ID token, besides those of the user, that a refreshed ID token must repeat (OpenID Connect Core
/// §12.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginClaims {
    /// The nonce of the authorization request. Optional in a refreshed ID token.
    pub nonce: Nonce,
    /// `aud`, sorted, without duplicates.
    pub audiences: Vec<String>,
    /// `azp`
    pub authorized_party: Option<String>,
    /// When the person authenticated at the provider, in Unix seconds. Some providers send 0 for an unknown time.
    pub auth_time: Option<i64>,
    /// How the person authenticated there: `acr`.
    pub acr: Option<String>,
}

/// Why an ID token was not accepted. The texts contain no part of it that could be misused.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum IdTokenError {
    #[error("it is not a JWT: {0}")]
    NotAJwt(#[from] Malformed),
    /// Also for a member of the header.
    #[error("{0}")]
    Claim(#[from] ClaimError),
    #[error("it is another kind of token")]
    AnotherKind,
    #[error("{0}")]
    Signature(SignatureVerificationError),
    #[error("{0}")]
    Refused(#[from] ClaimsVerificationError),
    /// No cached key verifies the signature. The provider may have newer keys, which can't be fetched now.
    #[error("{0}, and the provider's keys can't be fetched again yet")]
    Undecided(SignatureVerificationError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl OidcClient {
    /// Verifies an ID token that was just received together with this access token, and returns its claims.
    ///
    /// If no cached key verifies the signature, the provider may have new keys: they are fetched again and tried. The
    /// token is refused only with keys that were fetched after it was received.
    pub(super) async fn verified_claims(
        &self,
        id_token: &IdToken,
        expected: Expected<'_>,
        access_token: &AccessToken,
    ) -> Result<CoreIdTokenClaims, IdTokenError> {
        let came_at = self.environment.now();
        let check = |keys: &ProviderKeys| {
            let now = self.environment.now();
            Check { provider: &self.settings, keys, expected, access_token, now }.claims(id_token)
        };
        let mut fetched = self.discovery.current().await?;
        loop {
            let refusal = match check(fetched.metadata.jwks()) {
                Err(IdTokenError::Signature(refusal))
                    if fetched.fetched_at < came_at && keys::newer_keys_may_help(&refusal) =>
                {
                    refusal
                }
                decided => return decided,
            };
            fetched = self.discovery.newer_than(&fetched).await.ok_or(IdTokenError::Undecided(refusal))?;
        }
    }
}
