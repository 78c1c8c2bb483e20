//! Finds the provider's key that signed a token.

use std::borrow::Cow;

use openidconnect::{JsonWebKey, SignatureVerificationError, core::CoreJwsSigningAlgorithm};

use serde_json::{Map, Value};

use super::{
    policy::IdTokenPolicy,
    provider_key::{ProviderKey, ProviderKeys},
};
use crate::server::{
    auth::jose::Compact,
    excerpt::excerpt,
    observe::audit::{self, Event},
};

/// The minimum size of an RSA key (NIST SP 800-131A; FAPI 2.0 §5.4.1).
const MIN_RSA_BITS: usize = 2048;

/// The minimum with `allow_weak_rsa_keys`. Shorter keys have been factored.
const MIN_WEAK_RSA_BITS: usize = 1024;

/// `kid` of a token's header or of a key. A number is taken as text; any other type counts as absent, as the signature
/// decides and `kid` only speeds up the search (RFC 7515 §4.1.4).
pub(in crate::server::auth::oidc) fn key_id(members: &Map<String, Value>) -> Option<Cow<'_, str>> {
    match members.get("kid")? {
        Value::String(kid) => Some(Cow::Borrowed(kid)),
        Value::Number(kid) => Some(Cow::Owned(kid.to_string())),
        _ => None,
    }
}

/// The key that verifies the signature. `kid` and `alg` are those of the token's header.
///
/// All keys with this `kid` are tried; all keys if the header has none (OpenID Connect Core §10.1). `verify_signature`
/// fails for a key whose `kty`, `crv`, `use` or `alg` does not fit `alg`. So several keys may have the same `kid`, and an
/// unusable key does not affect the others.
pub(in crate::server::auth::oidc) fn signing_key<'k>(
    jwt: &Compact<'_>,
    kid: Option<&str>,
    alg: &CoreJwsSigningAlgorithm,
    keys: &'k ProviderKeys,
    policy: &IdTokenPolicy,
) -> Result<&'k ProviderKey, SignatureVerificationError> {
    let mut last_error = SignatureVerificationError::NoMatchingKey;
    for key in keys.keys().iter().filter(|key| kid.is_none() || key.key_id().map(|id| id.as_str()) == kid) {
        let verified = check_size(key, policy).and_then(|()| key.verify_signature(alg, jwt.signed, &jwt.signature));
        match verified {
            Ok(()) => {
                warn_if_weak(key);
                return Ok(key);
            }
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

/// Whether the verification could succeed with newer keys.
pub(in crate::server::auth::oidc) fn newer_keys_may_help(refusal: &SignatureVerificationError) -> bool {
    matches!(
        refusal,
        SignatureVerificationError::NoMatchingKey
            | SignatureVerificationError::InvalidKey(_)
            | SignatureVerificationError::CryptoError(_)
    )
}

/// Logs fetched keys that are not used because they are too small.
pub(in crate::server::auth::oidc) fn warn_of_refused_keys(keys: &ProviderKeys, policy: &IdTokenPolicy) {
    for key in keys.keys() {
        if let Err(error) = check_size(key, policy) {
            let kid = key.key_id().map(|id| excerpt(id));
            tracing::warn!(?kid, %error, "a key of the provider's is not used");
        }
    }
}

/// Whether the key is large enough to be used.
pub(in crate::server::auth::oidc) fn is_large_enough(key: &ProviderKey, policy: &IdTokenPolicy) -> bool {
    check_size(key, policy).is_ok()
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
