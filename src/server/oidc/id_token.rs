//! Verification of ID tokens (OpenID Connect Core §3.1.3.7), by `openidconnect` with our settings.

use std::time::{Duration, SystemTime};

use openidconnect::{
    ClaimsVerificationError, IdTokenVerifier, Nonce as ClaimedNonce,
    core::{CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey, CoreJwsSigningAlgorithm},
};

use sha2::{Digest, Sha256};

use super::{
    client::{OidcClient, RelyingParty},
    values::Nonce,
};

/// How far the provider's clock may be off ours.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// Signatures by the provider's private keys. Never `none`, and never `HS*`: those are made with a secret that both
/// sides hold.
pub(super) const ALLOWED_ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The library does not say more: a claim of an odd type stops it as a missing part does.
pub(super) const NOT_READABLE: &str = "it is not a JWT with readable claims";

/// What the `nonce` claim must be.
pub(super) enum ExpectedNonce<'a> {
    /// This one: the answer to our authorization request.
    Exactly(&'a Nonce),
    /// This one, or none at all: a refreshed ID token need not carry one (OpenID Connect Core §12.2).
    AbsentOr(&'a Nonce),
}

impl OidcClient {
    /// The verified claims. Where the signature does not fit, the provider may have new keys: they are fetched again,
    /// once, and tried.
    pub(super) async fn verified_claims(
        &self,
        relying_party: &RelyingParty,
        id_token: &CoreIdToken,
        nonce: ExpectedNonce<'_>,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        match self.verify(relying_party, id_token, &nonce) {
            Err(error @ ClaimsVerificationError::SignatureVerification(_)) => {
                match self.relying_party_with_new_keys().await {
                    Some(relying_party) => self.verify(&relying_party, id_token, &nonce),
                    None => Err(error),
                }
            }
            verified => verified,
        }
    }

    fn verify(
        &self,
        relying_party: &RelyingParty,
        id_token: &CoreIdToken,
        nonce: &ExpectedNonce<'_>,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let now = self.environment.now();
        let verifier: IdTokenVerifier<'_, CoreJsonWebKey> = relying_party
            .id_token_verifier()
            .set_allowed_algs(ALLOWED_ALGORITHMS)
            // Step 9: `exp`, with tolerance.
            .set_time_fn(move || (now - CLOCK_TOLERANCE).into())
            // Step 10: `iat` must not be ahead of us by more than the tolerance.
            .set_issue_time_verifier_fn(move |issued_at| {
                let is_past = SystemTime::from(issued_at) <= now + CLOCK_TOLERANCE;
                if is_past { Ok(()) } else { Err("iat is in the future".into()) }
            });
        let claims = match nonce {
            // Step 11. `openidconnect` compares hashes, in constant time.
            ExpectedNonce::Exactly(nonce) => id_token.claims(&verifier, &ClaimedNonce::new(nonce.secret().to_owned())),
            ExpectedNonce::AbsentOr(nonce) => {
                id_token.claims(&verifier, |claimed: Option<&ClaimedNonce>| {
                    match claimed.is_none_or(|claimed| is_same(claimed.secret(), nonce.secret())) {
                        true => Ok(()),
                        false => Err("nonce mismatch".into()),
                    }
                })
            }
        }?;
        if claims.subject().is_empty() {
            return Err(ClaimsVerificationError::InvalidSubject("it is empty".into()));
        }
        // Step 5: `openidconnect` leaves `azp` to its caller.
        match claims.authorized_party() {
            Some(azp) if *azp != self.settings.client_id => {
                Err(ClaimsVerificationError::Other("it was issued to another authorized party".into()))
            }
            _ => Ok(claims.clone()),
        }
    }
}

/// By their hashes, so that the time taken tells nothing.
fn is_same(claimed: &str, expected: &str) -> bool {
    Sha256::digest(claimed) == Sha256::digest(expected)
}
