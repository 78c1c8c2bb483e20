//! The signature of a token that is no ID token, with the keys and algorithms for ID tokens.

use std::time::SystemTime;

use openidconnect::SignatureVerificationError;
use serde_json::{Map, Value};

use super::{
    client::OidcClient,
    error::ProviderError,
    id_token::{key_id, newer_keys_may_help, signing_key},
};
use crate::server::auth::jose::Compact;

/// Why a signature was not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignatureError {
    /// The header's `alg` is not one of the accepted ones.
    #[error("it is signed with an algorithm that we don't take: {0}")]
    Algorithm(SignatureVerificationError),
    #[error("it is signed by none of the provider's keys")]
    Refused,
    /// The provider may have newer keys, which can't be fetched now.
    #[error("it is signed by none of the provider's known keys, and they can't be fetched again yet")]
    Undecided,
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl OidcClient {
    /// Verifies the signature of a token that was received at `came_at`.
    ///
    /// If no cached key verifies it, the provider may have new keys: they are fetched again and tried. The token is
    /// refused only with keys that were fetched after it was received.
    pub(super) async fn verify_signature(
        &self,
        jwt: &Compact<'_>,
        header: &Map<String, Value>,
        came_at: SystemTime,
    ) -> Result<(), SignatureError> {
        let policy = &self.settings.id_tokens;
        let algorithm = policy.algorithm(header).map_err(SignatureError::Algorithm)?;
        let kid = key_id(header);
        let mut fetched = self.discovery.current().await?;
        loop {
            match signing_key(jwt, kid.as_deref(), &algorithm, fetched.metadata.jwks(), policy) {
                Ok(_) => return Ok(()),
                Err(refusal) if fetched.fetched_at < came_at && newer_keys_may_help(&refusal) => {}
                Err(_) => return Err(SignatureError::Refused),
            }
            fetched = self.discovery.newer_than(&fetched).await.ok_or(SignatureError::Undecided)?;
        }
    }
}
