//! The signing keys, and the compact JWS they sign (RFC 7515 §7.1).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::rngs::OsRng;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use rsa::{
    RsaPrivateKey, pkcs1v15, pss,
    signature::{RandomizedSigner, SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde::{Deserialize, Serialize, ser::Error};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::{sync::watch, task};

use super::{
    jws::{decode, is_signed_by},
    signing_algorithm::SigningAlgorithm,
};

/// Empty until the first key has been generated.
pub struct Keys(Arc<watch::Sender<Option<Result<KeyRing, NoKey>>>>);

#[derive(Clone)]
pub struct KeyRing {
    /// The one that signs.
    pub current: Arc<Key>,
    /// Newest first.
    former: Vec<FormerKey>,
}

#[derive(Clone)]
struct FormerKey {
    key: Arc<Key>,
    is_published: bool,
}

/// How a new key replaces the current one, as a test writes it: `{"same_kid": true, "remove_old": true}`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rotation {
    /// The new key gets the `kid` of the old one.
    pub same_kid: bool,
    /// The old keys are no longer published.
    pub remove_old: bool,
}

/// A 2048-bit RSA key for RS256 and PS256, and an EC key on P-256 for ES256: the keys of one time.
pub struct Key {
    pkcs1: pkcs1v15::SigningKey<Sha256>,
    pss: pss::SigningKey<Sha256>,
    ec: EcdsaKeyPair,
    kid: String,
    n: String,
    e: String,
}

/// No key could be generated; the cause is logged.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the mock OpenID provider has no signing key")]
pub struct NoKey;

const KEY_BITS: usize = 2048;

impl Keys {
    /// Starts to generate a key, in the background.
    pub fn generate() -> Keys {
        let keys = Arc::new(watch::Sender::new(None));
        let generated = keys.clone();
        task::spawn_blocking(move || {
            let key = Key::generate(None);
            generated.send_replace(Some(key.map(|key| KeyRing { current: Arc::new(key), former: vec![] })));
        });
        Keys(keys)
    }

    /// Waits for the first key.
    pub async fn ring(&self) -> Result<KeyRing, NoKey> {
        let mut keys = self.0.subscribe();
        let ring = keys.wait_for(Option::is_some).await.map_err(|_| NoKey)?;
        ring.clone().unwrap_or(Err(NoKey))
    }

    /// Returns when the new key signs.
    pub async fn rotate(&self, rotation: Rotation) -> Result<(), NoKey> {
        let kid = self.ring().await?.current.kid.clone();
        let key = task::spawn_blocking(move || Key::generate(rotation.same_kid.then_some(kid)));
        let key = Arc::new(key.await.map_err(|_| NoKey)??);
        self.0.send_modify(|ring| {
            if let Some(Ok(ring)) = ring {
                ring.rotate(key, rotation);
            }
        });
        Ok(())
    }
}

impl KeyRing {
    /// The published keys (RFC 7517 §5) for these algorithms.
    pub fn jwks(&self, algorithms: &[SigningAlgorithm]) -> Vec<Value> {
        let former = self.former.iter().filter(|former| former.is_published).map(|former| &former.key);
        let keys = std::iter::once(&self.current).chain(former);
        keys.flat_map(|key| algorithms.iter().map(|algorithm| key.jwk(*algorithm))).collect()
    }

    /// The claims of a JWS that any of the keys signed. Whether it has expired is not checked.
    pub fn verify(&self, jws: &str) -> Option<Value> {
        let former = self.former.iter().map(|former| &former.key);
        std::iter::once(&self.current).chain(former).find_map(|key| key.verify(jws))
    }

    fn rotate(&mut self, key: Arc<Key>, rotation: Rotation) {
        let old = std::mem::replace(&mut self.current, key);
        self.former.insert(0, FormerKey { key: old, is_published: true });
        if rotation.remove_old {
            self.former.iter_mut().for_each(|former| former.is_published = false);
        }
    }
}

impl Key {
    fn generate(kid: Option<String>) -> Result<Key, NoKey> {
        let rsa = RsaPrivateKey::new(&mut OsRng, KEY_BITS).map_err(|error| {
            tracing::error!(%error, "no signing key");
            NoKey
        })?;
        let random = SystemRandom::new();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| NoKey)?;
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random);
        Ok(Key::new(rsa, ec.map_err(|_| NoKey)?, kid))
    }

    /// Its `kid` is its thumbprint, unless another is given.
    fn new(rsa: RsaPrivateKey, ec: EcdsaKeyPair, kid: Option<String>) -> Key {
        let n = base64url(rsa.n().to_bytes_be());
        let e = base64url(rsa.e().to_bytes_be());
        // RFC 7638 §3.2: these members, in this order.
        let thumbprint = Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        let kid = kid.unwrap_or_else(|| base64url(thumbprint));
        Key { pkcs1: pkcs1v15::SigningKey::new(rsa.clone()), pss: pss::SigningKey::new(rsa), ec, kid, n, e }
    }

    /// RFC 7517 §4.
    fn jwk(&self, algorithm: SigningAlgorithm) -> Value {
        let (kid, alg) = (self.kid(algorithm), algorithm.name());
        match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                json!({ "kty": "RSA", "use": "sig", "alg": alg, "kid": kid, "n": self.n, "e": self.e })
            }
            SigningAlgorithm::Es256 => {
                let [x, y] = [1..33, 33..65].map(|half| base64url(&self.ec.public_key().as_ref()[half]));
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": kid, "x": x, "y": y })
            }
        }
    }

    fn kid(&self, algorithm: SigningAlgorithm) -> String {
        match algorithm {
            SigningAlgorithm::Rs256 => self.kid.clone(),
            other => format!("{}-{}", self.kid, other.name()),
        }
    }

    /// `members` are added to the header, and override those that are there; `null` removes one. An `alg` among them that
    /// this key has signs, too.
    pub fn sign_with(
        &self,
        algorithm: SigningAlgorithm,
        members: Map<String, Value>,
        claims: &impl Serialize,
    ) -> serde_json::Result<String> {
        let named = members.get("alg").and_then(Value::as_str).and_then(SigningAlgorithm::named);
        let algorithm = named.unwrap_or(algorithm);
        let mut header = Map::from_iter([
            ("alg".to_owned(), algorithm.name().into()),
            ("kid".to_owned(), self.kid(algorithm).into()),
        ]);
        header.extend(members);
        header.retain(|_, value| !value.is_null());
        let signed = signing_input(&Value::Object(header), claims)?;
        let signature = self.sign(algorithm, signed.as_bytes())?;
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    /// With the signature of another text. The arguments are those of [`Key::sign_with`].
    pub fn sign_wrongly(
        &self,
        algorithm: SigningAlgorithm,
        members: Map<String, Value>,
        claims: &impl Serialize,
    ) -> serde_json::Result<String> {
        let token = self.sign_with(algorithm, members, claims)?;
        let signed = token.rsplit_once('.').map_or(&*token, |(signed, _)| signed);
        let signature = self.sign(algorithm, b"something else")?;
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    fn sign(&self, algorithm: SigningAlgorithm, signed: &[u8]) -> serde_json::Result<Vec<u8>> {
        match algorithm {
            SigningAlgorithm::Rs256 => Ok(self.pkcs1.sign(signed).to_vec()),
            SigningAlgorithm::Ps256 => Ok(self.pss.sign_with_rng(&mut OsRng, signed).to_vec()),
            SigningAlgorithm::Es256 => {
                let signature = self.ec.sign(&SystemRandom::new(), signed);
                signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| Error::custom("no random bytes"))
            }
        }
    }

    fn verify(&self, jws: &str) -> Option<Value> {
        let (signed, signature) = jws.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
        let algorithm = header["alg"].as_str().and_then(SigningAlgorithm::named)?;
        let is_ours = is_signed_by(&self.jwk(algorithm), algorithm.name(), signed.as_bytes(), &decode(signature)?)?;
        serde_json::from_slice(&decode(claims)?).ok().filter(|_| is_ours)
    }
}

/// A JWS with `alg` `none` (RFC 7515 appendix A.5).
pub fn unsigned(claims: &impl Serialize) -> serde_json::Result<String> {
    let header = json!({ "alg": "none", "typ": "JWT" });
    Ok(format!("{}.", signing_input(&header, claims)?))
}

fn signing_input(header: &Value, claims: &impl Serialize) -> serde_json::Result<String> {
    let claims = base64url(serde_json::to_vec(claims)?);
    Ok(format!("{}.{claims}", base64url(header.to_string())))
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
