//! Verification of ID tokens.
//!
//! | room | holds |
//! |---|---|
//! | `check` | the thirteen steps of OpenID Connect Core §3.1.3.7: start reading here |
//! | `keys`, `provider_key` | which of the provider's keys signed it |
//! | `policy` | what the operator decides |
//!
//! They do no I/O, keep no state and read no clock. What is here fetches the provider's keys again where no known one
//! fits (§10.1.1).

mod check;
mod keys;
mod policy;
mod provider_key;
#[cfg(test)]
mod tests;

use openidconnect::{AccessToken, ClaimsVerificationError, SignatureVerificationError, core::CoreIdTokenClaims};

pub use policy::{DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, SIGNING_ALGORITHMS};

pub(super) use check::Expected;
pub(super) use keys::{may_be_for_want_of_a_key, signing_key, warn_of_refused_keys};
pub(super) use provider_key::{ProviderKey, ProviderKeys};

use super::{
    client::OidcClient,
    error::ProviderError,
    values::{IdToken, Nonce},
};
use check::Check;

/// What is remembered of a login's ID token besides who signed in: a refreshed one must repeat it (OpenID Connect Core
/// §12.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginClaims {
    /// Of the authorization request. A refreshed ID token that has one must have this.
    pub nonce: Nonce,
    /// Sorted, each once.
    pub audiences: Vec<String>,
    pub authorized_party: Option<String>,
    /// In Unix seconds.
    pub auth_time: Option<i64>,
}

/// Why an ID token was not accepted. None of the texts holds a part of it that could be used.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum IdTokenError {
    /// The library does not say more: a claim of an odd type stops it as a missing part does.
    #[error("it is not a JWT with readable claims")]
    NotReadable,
    #[error("it is another kind of token")]
    AnotherKind,
    #[error("{0}")]
    Signature(SignatureVerificationError),
    #[error("{0}")]
    Refused(#[from] ClaimsVerificationError),
    /// No known key fits, and the provider may have newer ones, which can't be fetched now.
    #[error("{0}, and the provider's keys can't be fetched again yet")]
    Undecided(SignatureVerificationError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl OidcClient {
    /// The verified claims of an ID token that came just now, with this access token.
    ///
    /// Where no known key fits, the provider may have new ones: they are fetched again and tried. Keys that were fetched
    /// after the token came are the last word.
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
        let mut known = self.discovery.known().await?;
        loop {
            let refusal = match check(known.metadata.jwks()) {
                Err(IdTokenError::Signature(refusal))
                    if known.fetched_at < came_at && keys::may_be_for_want_of_a_key(&refusal) =>
                {
                    refusal
                }
                decided => return decided,
            };
            known = self.discovery.newer_than(&known).await.ok_or(IdTokenError::Undecided(refusal))?;
        }
    }
}
