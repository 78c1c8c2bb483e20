//! The private key for client authentication with `private_key_jwt` (OpenID Connect Core §9, RFC 7523).

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::core::CoreJwsSigningAlgorithm;
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Map, Value, json};

const MIN_RSA_BITS: usize = 2048;

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// An EC key on P-256, an Ed25519 key or an RSA key. `Debug` shows only its id.
pub struct ClientKey {
    /// `kid` of the public key as registered at the provider: `CLIENT_KEY_ID`, or a line in the file.
    id: Option<String>,
    pair: KeyPair,
    random: SystemRandom,
}

enum KeyPair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// Why a key can't be used. None of the texts holds a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    #[error("it is no private key in PEM and PKCS#8 (`-----BEGIN PRIVATE KEY-----`)")]
    NotPkcs8,
    #[error("it is neither an EC key on P-256, nor an Ed25519 key, nor an RSA key of 2048 bits or more")]
    Unsupported,
    #[error("a line `kid:` before a key must have one printable word")]
    KeyId,
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the client key could not sign")]
pub struct SigningError;

impl ClientKey {
    /// All keys of a PEM file, at least one. A line `kid: NAME` before a key sets its `kid` in place of `id`; other text
    /// before a key is ignored (RFC 7468 §2), and so is everything after the last key, such as a certificate.
    pub fn all_from_pem(pem: &[u8], id: Option<&str>) -> Result<Vec<Self>, ClientKeyError> {
        let text = std::str::from_utf8(pem).map_err(|_| ClientKeyError::NotPkcs8)?;
        let parts = text.split_inclusive(PEM_END).filter(|part| part.contains(PEM_BEGIN));
        let key = |part: &str| Self::from_pem(part.as_bytes(), key_id(part)?.or(id).map(str::to_owned));
        let keys: Vec<Self> = parts.map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(ClientKeyError::NotPkcs8) } else { Ok(keys) }
    }

    pub fn from_pem(pem: &[u8], id: Option<String>) -> Result<Self, ClientKeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| ClientKeyError::NotPkcs8)?;
        let (der, random) = (der.secret_pkcs8_der(), SystemRandom::new());
        let pair = KeyPair::from_pkcs8(der, &random).ok_or(ClientKeyError::Unsupported)?;
        Ok(Self { id, pair, random })
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The algorithm that it signs with, unless the provider's metadata lists RS256 and not PS256.
    pub(super) fn strong_algorithm(&self) -> &'static str {
        match self.pair {
            KeyPair::P256(_) => "ES256",
            KeyPair::Ed25519(_) => "EdDSA",
            KeyPair::Rsa(_) => "PS256",
        }
    }

    /// A JWT with these claims. An RSA key signs with PS256 (FAPI 2.0 §5.4.1), or with RS256 if the provider's metadata
    /// lists that and not PS256. `supported` is `token_endpoint_auth_signing_alg_values_supported`.
    pub(super) fn sign(
        &self,
        claims: &Value,
        supported: Option<&Vec<CoreJwsSigningAlgorithm>>,
    ) -> Result<String, SigningError> {
        let supports = |algorithm| supported.is_some_and(|supported| supported.contains(&algorithm));
        let is_pss = !supports(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256)
            || supports(CoreJwsSigningAlgorithm::RsaSsaPssSha256);
        self.sign_by(claims, is_pss, self.id.as_deref())
    }

    /// A JWT with these claims and this `kid`: by ES256 or EdDSA, or for an RSA key by RS256, which every verifier knows.
    pub fn sign_as(&self, key_id: &str, claims: &Value) -> Result<String, SigningError> {
        self.sign_by(claims, false, Some(key_id))
    }

    /// The public half as a JWK (RFC 7517), without `kid`.
    pub fn public_jwk(&self) -> Map<String, Value> {
        let encoded = |bytes: &[u8]| Value::from(BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let members = match &self.pair {
            KeyPair::P256(pair) => {
                // Uncompressed point, SEC 1 §2.3.3: a byte, and two coordinates of 32.
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                vec![("kty", "EC".into()), ("crv", "P-256".into()), ("x", encoded(x)), ("y", encoded(y))]
            }
            // RFC 8037 §2.
            KeyPair::Ed25519(pair) => {
                vec![("kty", "OKP".into()), ("crv", "Ed25519".into()), ("x", encoded(pair.public_key().as_ref()))]
            }
            KeyPair::Rsa(pair) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                vec![("kty", "RSA".into()), ("n", encoded(&n)), ("e", encoded(&e))]
            }
        };
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The name of the algorithm of [`Self::sign_as`].
    pub fn algorithm(&self) -> &'static str {
        self.algorithm_with(false)
    }

    fn algorithm_with(&self, is_pss: bool) -> &'static str {
        match (&self.pair, is_pss) {
            (KeyPair::Rsa(_), false) => "RS256",
            _ => self.strong_algorithm(),
        }
    }

    fn sign_by(&self, claims: &Value, is_pss: bool, id: Option<&str>) -> Result<String, SigningError> {
        let alg = self.algorithm_with(is_pss);
        let mut header = Map::from_iter([("alg".to_owned(), json!(alg)), ("typ".to_owned(), json!("JWT"))]);
        header.extend(id.map(|id| ("kid".to_owned(), id.into())));
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&Value::Object(header)), part(claims));
        let signature = match &self.pair {
            KeyPair::P256(pair) => {
                pair.sign(&self.random, signed.as_bytes()).map_err(|_| SigningError)?.as_ref().to_vec()
            }
            KeyPair::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
            KeyPair::Rsa(pair) => {
                let padding: &dyn RsaEncoding = if is_pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &self.random, signed.as_bytes(), &mut signature).map_err(|_| SigningError)?;
                signature
            }
        };
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl KeyPair {
    fn from_pkcs8(der: &[u8], random: &SystemRandom) -> Option<Self> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, random) {
            return Some(Self::P256(pair));
        }
        // OpenSSL writes no public key beside the private one (RFC 8410 §7, version 1), which can't be compared then.
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Some(Self::Ed25519(pair));
        }
        RsaKeyPair::from_pkcs8(der).ok().filter(|pair| pair.public().modulus_len() * 8 >= MIN_RSA_BITS).map(Self::Rsa)
    }
}

/// The `kid` in a line before the key.
fn key_id(part: &str) -> Result<Option<&str>, ClientKeyError> {
    let before = part.split(PEM_BEGIN).next().unwrap_or_default();
    let Some(id) = before.lines().find_map(|line| line.trim().strip_prefix("kid:")).map(str::trim) else {
        return Ok(None);
    };
    match !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Some(id)),
        false => Err(ClientKeyError::KeyId),
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("id", &self.id).finish_non_exhaustive()
    }
}
