//! A public key in the provider's key set (RFC 7517 §4).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey, JsonWebKeyAlgorithm, JsonWebKeyId, JsonWebKeySet, SignatureVerificationError,
    core::{CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(in crate::server::auth::oidc) type ProviderKeys = JsonWebKeySet<ProviderKey>;

/// `openidconnect`'s key type, with the size of RSA keys and a check of `key_ops`, which it does not have. A key that
/// can't be parsed or is not for verification is left out: `JsonWebKeySet` skips keys that fail to deserialize.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "CoreJsonWebKey")]
pub(in crate::server::auth::oidc) struct ProviderKey {
    jwk: CoreJsonWebKey,
    /// The size of the modulus, for RSA keys.
    pub rsa_bits: Option<usize>,
}

impl TryFrom<Value> for ProviderKey {
    type Error = String;

    fn try_from(members: Value) -> Result<Self, String> {
        // RFC 7517 §4.3
        let is_for_verifying = |operations: &Vec<Value>| operations.iter().any(|operation| operation == "verify");
        if !members["key_ops"].as_array().is_none_or(is_for_verifying) {
            return Err("its `key_ops` has no `verify`".into());
        }
        let modulus = members["n"].as_str().and_then(|n| BASE64_URL_SAFE_NO_PAD.decode(n).ok());
        let jwk: CoreJsonWebKey = serde_json::from_value(members).map_err(|error| error.to_string())?;
        let is_rsa = *jwk.key_type() == CoreJsonWebKeyType::RSA;
        Ok(Self { jwk, rsa_bits: modulus.filter(|_| is_rsa).map(|modulus| bits(&modulus)) })
    }
}

impl From<ProviderKey> for CoreJsonWebKey {
    fn from(key: ProviderKey) -> Self {
        key.jwk
    }
}

impl JsonWebKey for ProviderKey {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = CoreJwsSigningAlgorithm;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.jwk.key_id()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        self.jwk.key_type()
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        self.jwk.key_use()
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&CoreJwsSigningAlgorithm> {
        self.jwk.signing_alg()
    }

    fn new_symmetric(key: Vec<u8>) -> Self {
        Self { jwk: CoreJsonWebKey::new_symmetric(key), rsa_bits: None }
    }

    fn verify_signature(
        &self,
        signature_alg: &CoreJwsSigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureVerificationError> {
        self.jwk.verify_signature(signature_alg, message, signature)
    }

    fn hash_bytes(&self, bytes: &[u8], alg: &CoreJwsSigningAlgorithm) -> Result<Vec<u8>, String> {
        self.jwk.hash_bytes(bytes, alg)
    }
}

/// The bit length of a big-endian number, without leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() - zeros) * 8 - first
}
