//! A public key in the provider's key set (RFC 7517 §4).

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey, JsonWebKeyAlgorithm, JsonWebKeyId, JsonWebKeySet, SignatureVerificationError,
    core::{CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{keys::key_id, policy::ED25519};
use crate::server::auth::oidc::deviations::{self, CONVERTED, Document, LEFT_OUT};

pub(in crate::server::auth::oidc) type ProviderKeys = JsonWebKeySet<ProviderKey>;

/// `openidconnect`'s key type, with the size of RSA keys and a check of `key_ops`, which it does not have. A key that
/// can't be parsed or is not for verification is left out: `JsonWebKeySet` skips keys that fail to deserialize.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "CoreJsonWebKey")]
pub(in crate::server::auth::oidc) struct ProviderKey {
    jwk: CoreJsonWebKey,
    /// The size of the modulus, for RSA keys.
    pub rsa_bits: Option<usize>,
}

impl TryFrom<Map<String, Value>> for ProviderKey {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        // RFC 7517 §4.3
        let is_for_verifying = |operations: &Vec<Value>| operations.iter().any(|operation| operation == "verify");
        if !members.get("key_ops").and_then(Value::as_array).is_none_or(is_for_verifying) {
            return Err("its `key_ops` has no `verify`".into());
        }
        normalize(&mut members);
        let modulus = members.get("n").and_then(Value::as_str).and_then(|n| BASE64_URL_SAFE_NO_PAD.decode(n).ok());
        let jwk: CoreJsonWebKey = serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
        let is_rsa = *jwk.key_type() == CoreJsonWebKeyType::RSA;
        Ok(Self { jwk, rsa_bits: modulus.filter(|_| is_rsa).map(|modulus| bits(&modulus)) })
    }
}

/// Prepares the optional members that `openidconnect` would reject the key for. A `use` of another type is not among them,
/// as it may be a restriction.
fn normalize(members: &mut Map<String, Value>) {
    let kid = key_id(members).map(|kid| Value::from(&*kid));
    if let Some(received) = members.get("kid").filter(|kid| !kid.is_null() && !kid.is_string()) {
        let how = if received.is_number() { CONVERTED } else { LEFT_OUT };
        deviations::accepted(Document::Keys, "kid", how);
    }
    members.insert("kid".into(), kid.unwrap_or_default());

    match members.get("alg") {
        None | Some(Value::Null) => {}
        Some(Value::String(alg)) if alg == ED25519 => drop(members.insert("alg".into(), "EdDSA".into())),
        Some(Value::String(_)) => {}
        Some(_) => {
            deviations::accepted(Document::Keys, "alg", LEFT_OUT);
            members.remove("alg");
        }
    }

    let is_for_signatures = |uses: &Vec<Value>| uses.iter().any(|one| one == "sig");
    if members.get("use").and_then(Value::as_array).is_some_and(is_for_signatures) {
        deviations::accepted(Document::Keys, "use", CONVERTED);
        members.insert("use".into(), "sig".into());
    }
}

/// Identifies a set of keys, in any order.
pub(in crate::server::auth::oidc) fn identity(keys: &ProviderKeys) -> BTreeSet<String> {
    keys.keys().iter().map(|key| serde_json::to_string(key).unwrap_or_default()).collect()
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
