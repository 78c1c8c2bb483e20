//! Which of the provider's keys signed a token.

use openidconnect::{JsonWebKey, SignatureVerificationError, core::CoreJwsSigningAlgorithm};

use super::{
    policy::IdTokenPolicy,
    provider_key::{ProviderKey, ProviderKeys},
};
use crate::server::{
    auth::jose::Compact,
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// NIST SP 800-131A; FAPI 2.0 §5.4.1.
const MIN_RSA_BITS: usize = 2048;

/// What `allow_weak_rsa_keys` admits. Shorter ones have been factored.
const MIN_WEAK_RSA_BITS: usize = 1024;

/// The key whose signature it is. `kid` and `alg` are what the token's header says.
///
/// A key is tried if it has that `kid` (any, where the header names none: OpenID Connect Core §10.1), and
/// `verify_signature` refuses it unless `kty`, `crv`, `use` and the key's own `alg`, if it has one, fit `alg`. So keys
/// of equal `kid` are told apart, and where several are left the signature tells. A key that can't be used spoils
/// nothing but itself.
pub(in crate::server::auth::oidc) fn signing_key<'k>(
    jwt: &Compact<'_>,
    kid: Option<&str>,
    alg: &CoreJwsSigningAlgorithm,
    keys: &'k ProviderKeys,
    policy: &IdTokenPolicy,
) -> Result<&'k ProviderKey, SignatureVerificationError> {
    let mut refusal = SignatureVerificationError::NoMatchingKey;
    for key in keys.keys().iter().filter(|key| kid.is_none() || key.key_id().map(|id| id.as_str()) == kid) {
        let verified = check_size(key, policy).and_then(|()| key.verify_signature(alg, jwt.signed, &jwt.signature));
        match verified {
            Ok(()) => {
                warn_if_weak(key);
                return Ok(key);
            }
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Whether newer keys could make a difference.
pub(in crate::server::auth::oidc) fn may_be_for_want_of_a_key(refusal: &SignatureVerificationError) -> bool {
    matches!(
        refusal,
        SignatureVerificationError::NoMatchingKey
            | SignatureVerificationError::InvalidKey(_)
            | SignatureVerificationError::CryptoError(_)
    )
}

/// For the log, when keys were fetched: those that no signature will be verified with for their size.
pub(in crate::server::auth::oidc) fn warn_of_refused_keys(keys: &ProviderKeys, policy: &IdTokenPolicy) {
    for key in keys.keys() {
        if let Err(error) = check_size(key, policy) {
            let kid = key.key_id().map(|id| excerpt(id));
            tracing::warn!(?kid, %error, "a key of the provider's is not used");
        }
    }
}

fn check_size(key: &ProviderKey, policy: &IdTokenPolicy) -> Result<(), SignatureVerificationError> {
    let min = if policy.allow_weak_rsa_keys { MIN_WEAK_RSA_BITS } else { MIN_RSA_BITS };
    match key.rsa_bits {
        Some(bits) if bits < min => {
            Err(SignatureVerificationError::InvalidKey(format!("RSA key of {bits} bits, fewer than {min}")))
        }
        _ => Ok(()),
    }
}

fn warn_if_weak(key: &ProviderKey) {
    if let Some(bits) = key.rsa_bits.filter(|bits| *bits < MIN_RSA_BITS) {
        audit::record(Event::WeakKeyUsed, None, Some(&format_args!("an RSA key of {bits} bits")));
    }
}
