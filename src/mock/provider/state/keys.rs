//! The signing keys, and the compact JWS they sign (RFC 7515 §7.1).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::rngs::OsRng;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    signature::{Keypair, SignatureEncoding, Signer, Verifier},
    traits::PublicKeyParts,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::{sync::watch, task};

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

/// A 2048-bit RSA key for RS256.
pub struct Key {
    signing_key: SigningKey<Sha256>,
    verifying_key: VerifyingKey<Sha256>,
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
    /// The published keys (RFC 7517 §5).
    pub fn jwks(&self) -> Vec<Value> {
        let former = self.former.iter().filter(|former| former.is_published).map(|former| &former.key);
        std::iter::once(&self.current).chain(former).map(|key| key.jwk()).collect()
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
        let key = RsaPrivateKey::new(&mut OsRng, KEY_BITS).map_err(|error| {
            tracing::error!(%error, "no signing key");
            NoKey
        })?;
        Ok(Key::new(key, kid))
    }

    /// Its `kid` is its thumbprint, unless another is given.
    fn new(key: RsaPrivateKey, kid: Option<String>) -> Key {
        let n = base64url(key.n().to_bytes_be());
        let e = base64url(key.e().to_bytes_be());
        // RFC 7638 §3.2: these members, in this order.
        let thumbprint = Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        let signing_key = SigningKey::new(key);
        let kid = kid.unwrap_or_else(|| base64url(thumbprint));
        Key { verifying_key: signing_key.verifying_key(), signing_key, kid, n, e }
    }

    /// RFC 7517 §4.
    fn jwk(&self) -> Value {
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.n, "e": self.e })
    }

    /// `members` are added to the header, and override those that are there; `null` removes one.
    pub fn sign_with(&self, members: Map<String, Value>, claims: &impl Serialize) -> serde_json::Result<String> {
        let mut header = Map::from_iter([("alg".to_owned(), "RS256".into()), ("kid".to_owned(), json!(self.kid))]);
        header.extend(members);
        header.retain(|_, value| !value.is_null());
        let signed = signing_input(&Value::Object(header), claims)?;
        let signature = self.signing_key.sign(signed.as_bytes()).to_bytes();
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    /// With the signature of another text. `members` are those of [`Key::sign_with`].
    pub fn sign_wrongly(&self, members: Map<String, Value>, claims: &impl Serialize) -> serde_json::Result<String> {
        let token = self.sign_with(members, claims)?;
        let signed = token.rsplit_once('.').map_or(&*token, |(signed, _)| signed);
        let signature = self.signing_key.sign(b"something else").to_bytes();
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    fn verify(&self, jws: &str) -> Option<Value> {
        let (signed, signature) = jws.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::try_from(signature.as_slice()).ok()?;
        self.verifying_key.verify(signed.as_bytes(), &signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        serde_json::from_slice(&claims).ok()
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
