//! Signed heads. A head is a JWS in compact serialization (RFC 7515 §7.1) whose payload is a [`Head`] in JSON, with ES256
//! (RFC 7518 §3.4). Its `typ` keeps it apart from all other JWTs of the same key (RFC 8725 §3.11).

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject};
use serde::Deserialize;
use serde_json::json;

use super::Head;

const TYP: &str = "oracle-ai-audit+jwt";

/// The beginning of the `SubjectPublicKeyInfo` of an uncompressed point on P-256 (RFC 5480 §2), which follows it.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The length of an uncompressed point on P-256.
const POINT_LEN: usize = 65;

/// `AUDIT_KEY_FILE`: the private key.
#[derive(Clone)]
pub struct AuditKey(Arc<EcdsaKeyPair>);

/// The public keys that heads are verified with. A head is valid if it is by one of them.
#[derive(Clone, Debug)]
pub struct AuditPublicKeys(Vec<Vec<u8>>);

/// The file has no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongAuditKey {
    #[error("it has no private key on P-256 in PEM and PKCS#8 (`-----BEGIN PRIVATE KEY-----`)")]
    Private,
    #[error("it has no public key on P-256 in PEM (`-----BEGIN PUBLIC KEY-----`), or also another kind of key")]
    Public,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
}

impl AuditKey {
    pub fn from_pem(pem: &[u8]) -> Result<Self, WrongAuditKey> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| WrongAuditKey::Private)?;
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random)
            .map(|pair| Self(Arc::new(pair)))
            .map_err(|_| WrongAuditKey::Private)
    }

    pub fn public(&self) -> AuditPublicKeys {
        AuditPublicKeys(vec![self.0.public_key().as_ref().to_vec()])
    }

    /// `None` if the operating system gave no random bytes.
    pub(super) fn sign(&self, head: &Head) -> Option<String> {
        let part = |json: String| BASE64_URL_SAFE_NO_PAD.encode(json);
        let header = json!({ "alg": "ES256", "typ": TYP }).to_string();
        let signed = format!("{}.{}", part(header), part(json!(head).to_string()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl AuditPublicKeys {
    /// All keys in the file, at least one.
    pub fn from_pem(pem: &[u8]) -> Result<Self, WrongAuditKey> {
        let point = |key: SubjectPublicKeyInfoDer<'_>| {
            let point = key.strip_prefix(&P256_PREFIX[..]).filter(|point| point.len() == POINT_LEN);
            point.map(<[u8]>::to_vec).ok_or(WrongAuditKey::Public)
        };
        let keys = SubjectPublicKeyInfoDer::pem_slice_iter(pem);
        let keys = keys.map(|key| point(key.map_err(|_| WrongAuditKey::Public)?)).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(WrongAuditKey::Public) } else { Ok(Self(keys)) }
    }

    /// What the JWS says, if it is by one of these keys.
    pub(super) fn verify(&self, jws: &str) -> Option<Head> {
        let (signed, signature) = jws.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let Header { alg, typ } = serde_json::from_slice(&decode(header)?).ok()?;
        let signature = decode(signature)?;
        let is_by = |key: &Vec<u8>| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed.as_bytes(), &signature).is_ok()
        };
        let is_valid = alg == "ES256" && typ == TYP && self.0.iter().any(is_by);
        is_valid.then(|| serde_json::from_slice(&decode(payload)?).ok())?
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey([redacted])")
    }
}
