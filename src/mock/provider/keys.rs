//! The signing key, and compact JWS made with it (RFC 7515 §7.1).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::rngs::OsRng;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    signature::{Keypair, SignatureEncoding, Signer, Verifier},
    traits::PublicKeyParts,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::{sync::watch, task};

/// The key, once it is made.
pub struct Keys(watch::Receiver<Option<Arc<Key>>>);

/// A 2048-bit RSA key for RS256.
pub struct Key {
    signing_key: SigningKey<Sha256>,
    verifying_key: VerifyingKey<Sha256>,
    kid: String,
    n: String,
    e: String,
}

/// No key could be made; the cause is in the log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the mock OpenID provider has no signing key")]
pub struct NoKey;

const KEY_BITS: usize = 2048;

impl Keys {
    /// Begins making a key, which takes a moment.
    pub fn generate() -> Keys {
        let (made, keys) = watch::channel(None);
        task::spawn_blocking(move || match RsaPrivateKey::new(&mut OsRng, KEY_BITS) {
            Ok(key) => drop(made.send_replace(Some(Arc::new(Key::new(key))))),
            Err(error) => tracing::error!(%error, "no signing key"),
        });
        Keys(keys)
    }

    /// The key, as soon as it is made.
    pub async fn key(&self) -> Result<Arc<Key>, NoKey> {
        let mut keys = self.0.clone();
        let made = keys.wait_for(Option::is_some).await.map_err(|_| NoKey)?;
        made.clone().ok_or(NoKey)
    }
}

impl Key {
    fn new(key: RsaPrivateKey) -> Key {
        let n = base64url(key.n().to_bytes_be());
        let e = base64url(key.e().to_bytes_be());
        // RFC 7638 §3.2: these members, in this order.
        let thumbprint = Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        let signing_key = SigningKey::new(key);
        Key { verifying_key: signing_key.verifying_key(), signing_key, kid: base64url(thumbprint), n, e }
    }

    /// RFC 7517 §5.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.n, "e": self.e,
        }] })
    }

    pub fn sign(&self, claims: &impl Serialize) -> serde_json::Result<String> {
        self.sign_with(Map::from_iter([("typ".to_owned(), "JWT".into())]), claims)
    }

    /// With these members in the header, in place of ours where there are both.
    pub fn sign_with(&self, members: Map<String, Value>, claims: &impl Serialize) -> serde_json::Result<String> {
        let mut header = Map::from_iter([("alg".to_owned(), "RS256".into()), ("kid".to_owned(), json!(self.kid))]);
        header.extend(members);
        let signed = signing_input(&Value::Object(header), claims)?;
        let signature = self.signing_key.sign(signed.as_bytes()).to_bytes();
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    /// A signature of something else.
    pub fn sign_badly(&self, claims: &impl Serialize) -> serde_json::Result<String> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid });
        let signature = self.signing_key.sign(b"something else").to_bytes();
        let signed = signing_input(&header, claims)?;
        Ok(format!("{signed}.{}", base64url(signature)))
    }

    /// The claims of what we signed; whether they still hold is not asked.
    pub fn verify(&self, jws: &str) -> Option<Value> {
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
