//! The private key of a client, and the proofs that it signs: of this server, as a client of the OpenID provider.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::thumbprint::Thumbprint;

/// A key pair on P-256. Serialized as PKCS#8, for records that are sealed; `Debug` shows only its thumbprint.
#[derive(Clone)]
pub struct ProofKey(Arc<Inner>);

struct Inner {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
    x: [u8; 32],
    y: [u8; 32],
}

/// What a proof is for (RFC 9449 §4.2).
#[derive(Clone, Copy, Debug)]
pub struct ProofOf<'a> {
    pub method: &'a str,
    /// Without query and fragment.
    pub url: &'a str,
    /// The access token that the request carries.
    pub access_token: Option<&'a str>,
    /// The latest nonce of the server that the request goes to.
    pub nonce: Option<&'a str>,
}

/// The operating system gave no random bytes, or the bytes are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the DPoP key could not be made, read or used")]
pub struct ProofKeyError;

impl ProofKey {
    pub fn generate() -> Result<Self, ProofKeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self::from_pkcs8(pkcs8.map_err(|_| ProofKeyError)?.as_ref().to_vec())
    }

    fn from_pkcs8(pkcs8: Vec<u8>) -> Result<Self, ProofKeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new());
        let pair = pair.map_err(|_| ProofKeyError)?;
        // Uncompressed point, SEC 1 §2.3.3.
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(ProofKeyError),
        };
        let (x, y) = (x.try_into().map_err(|_| ProofKeyError)?, y.try_into().map_err(|_| ProofKeyError)?);
        Ok(Self(Arc::new(Inner { pkcs8, pair, x, y })))
    }

    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_p256(&self.0.x, &self.0.y)
    }

    /// A proof for this request. `jti` must be new.
    pub fn prove(&self, request: ProofOf<'_>, jti: &str, now: SystemTime) -> Result<String, ProofKeyError> {
        let ProofOf { method, url, access_token, nonce } = request;
        let [x, y] = [self.0.x, self.0.y].map(|coordinate| BASE64_URL_SAFE_NO_PAD.encode(coordinate));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let iat = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut claims = json!({ "jti": jti, "htm": method, "htu": url, "iat": iat });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(access_token) = access_token {
            claims["ath"] = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(access_token)).into();
        }
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.0.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| ProofKeyError)?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProofKey").field(&self.thumbprint()).finish()
    }
}

impl Serialize for ProofKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0.pkcs8)
    }
}

impl<'de> Deserialize<'de> for ProofKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_pkcs8(ByteBuf::deserialize(deserializer)?.into_vec()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server::auth::dpop::{Expected, NonceRule, Nonces, ProofError, check};

    const URL: &str = "https://idp.example.com/as/token";

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn proof(key: &ProofKey, access_token: Option<&str>) -> String {
        key.prove(ProofOf { method: "POST", url: URL, access_token, nonce: None }, "1", now()).unwrap()
    }

    fn checked(proof: &str, access_token: Option<&str>) -> Result<Thumbprint, ProofError> {
        let expected = Expected { method: "POST", htu: URL, access_token, nonce: NonceRule::Optional };
        let nonces = Nonces::new([0; 32], []);
        check([proof.as_bytes()], &expected, now(), &nonces).map(|proof| proof.thumbprint)
    }

    #[test]
    fn a_proof_passes_the_checks_that_browsers_proofs_have_to_pass() {
        // T67
        let key = ProofKey::generate().unwrap();
        assert_eq!(checked(&proof(&key, None), None), Ok(key.thumbprint()));
        assert_eq!(checked(&proof(&key, Some("token")), Some("token")), Ok(key.thumbprint()));
        assert_eq!(checked(&proof(&key, Some("token")), Some("other")), Err(ProofError::WrongTokenHash));
        assert_eq!(checked(&proof(&key, None), Some("token")), Err(ProofError::MissingTokenHash));
    }

    #[test]
    fn a_key_that_was_stored_is_the_same_key_and_is_not_printed() {
        // T67
        let key = ProofKey::generate().unwrap();
        let mut stored = vec![];
        ciborium::into_writer(&key, &mut stored).unwrap();
        let read: ProofKey = ciborium::from_reader(stored.as_slice()).unwrap();
        assert_eq!(checked(&proof(&read, None), None), Ok(key.thumbprint()));
        assert_eq!(format!("{key:?}"), format!("ProofKey({})", key.thumbprint()));
        for cut in 0..stored.len() {
            assert!(ciborium::from_reader::<ProofKey, _>(&stored[..cut]).is_err(), "{cut}");
        }
        assert_ne!(ProofKey::generate().unwrap().thumbprint(), key.thumbprint());
    }
}
