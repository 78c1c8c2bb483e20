//! WebCrypto: P-256 signatures, AES-GCM, SHA-256, random values.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, window};

/// The browser lacks WebCrypto, or one of the algorithms, or refused an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("WebCrypto is not available")]
pub struct NoWebCrypto;

/// An ECDSA P-256 key pair whose private key can't be exported (T68): a JavaScript `CryptoKeyPair`.
#[derive(Clone, Debug)]
pub struct KeyPair(JsValue);

/// The public key as a JWK: the members that RFC 7638 §3.2 requires, in its order.
#[derive(Clone, Debug, Serialize)]
pub struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

/// An AES-GCM key that can't be exported.
#[derive(Clone, Debug)]
pub struct AesKey(CryptoKey);

/// Browsers offer WebCrypto in secure contexts only: https, or localhost.
pub fn is_secure_context() -> bool {
    window().is_some_and(|window| window.is_secure_context())
}

/// A random UUID.
pub fn random_uuid() -> String {
    window().and_then(|window| window.crypto().ok()).map(|crypto| crypto.random_uuid()).unwrap_or_default()
}

pub fn fill_random(bytes: &mut [u8]) -> Result<(), NoWebCrypto> {
    let crypto = window().and_then(|window| window.crypto().ok()).ok_or(NoWebCrypto)?;
    crypto.get_random_values_with_u8_array(bytes).map_err(|_| NoWebCrypto)?;
    Ok(())
}

/// In base64url.
pub async fn sha256(bytes: &[u8]) -> Result<String, NoWebCrypto> {
    Ok(base64url(&resolved(subtle()?.digest_with_str_and_u8_array("SHA-256", bytes)).await?))
}

impl KeyPair {
    pub async fn generate() -> Result<Self, NoWebCrypto> {
        let algorithm = object(&[("name", "ECDSA"), ("namedCurve", "P-256")])?;
        let usages = Array::of2(&"sign".into(), &"verify".into());
        resolved(subtle()?.generate_key_with_object(&algorithm, false, &usages)).await.map(Self)
    }

    pub async fn public_jwk(&self) -> Result<Jwk, NoWebCrypto> {
        let jwk = resolved(subtle()?.export_key("jwk", &self.key("publicKey")?)).await?;
        let member =
            |name: &str| Reflect::get(&jwk, &name.into()).ok().and_then(|value| value.as_string()).ok_or(NoWebCrypto);
        Ok(Jwk { crv: member("crv")?, kty: member("kty")?, x: member("x")?, y: member("y")? })
    }

    /// An ES256 signature in base64url: r and s, 32 bytes each (RFC 7518 §3.4).
    pub async fn sign(&self, bytes: &[u8]) -> Result<String, NoWebCrypto> {
        let algorithm = object(&[("name", "ECDSA"), ("hash", "SHA-256")])?;
        let key = self.key("privateKey")?;
        Ok(base64url(&resolved(subtle()?.sign_with_object_and_u8_array(&algorithm, &key, bytes)).await?))
    }

    pub(super) fn from_js(value: JsValue) -> Self {
        Self(value)
    }

    pub(super) fn as_js(&self) -> &JsValue {
        &self.0
    }

    fn key(&self, name: &str) -> Result<CryptoKey, NoWebCrypto> {
        Reflect::get(&self.0, &name.into()).ok().and_then(|key| key.dyn_into().ok()).ok_or(NoWebCrypto)
    }
}

impl AesKey {
    const ALGORITHM: &str = "AES-GCM";

    pub async fn import(bytes: &[u8]) -> Result<Self, NoWebCrypto> {
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let imported = subtle()?.import_key_with_str("raw", &Uint8Array::from(bytes), Self::ALGORITHM, false, &usages);
        resolved(imported).await?.dyn_into().map(Self).map_err(|_| NoWebCrypto)
    }

    pub async fn encrypt(&self, nonce: &[u8], text: &[u8]) -> Result<Vec<u8>, NoWebCrypto> {
        let parameters = Self::parameters(nonce)?;
        let encrypted = subtle()?.encrypt_with_object_and_u8_array(&parameters, &self.0, text);
        Ok(Uint8Array::new(&resolved(encrypted).await?).to_vec())
    }

    /// Fails for a text that was not encrypted with this key and nonce.
    pub async fn decrypt(&self, nonce: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, NoWebCrypto> {
        let parameters = Self::parameters(nonce)?;
        let text = subtle()?.decrypt_with_object_and_u8_array(&parameters, &self.0, encrypted);
        Ok(Uint8Array::new(&resolved(text).await?).to_vec())
    }

    fn parameters(nonce: &[u8]) -> Result<Object, NoWebCrypto> {
        let parameters = object(&[("name", Self::ALGORITHM)])?;
        Reflect::set(&parameters, &"iv".into(), &Uint8Array::from(nonce)).map_err(|_| NoWebCrypto)?;
        Ok(parameters)
    }
}

fn subtle() -> Result<SubtleCrypto, NoWebCrypto> {
    let crypto = window().and_then(|window| window.crypto().ok()).ok_or(NoWebCrypto)?;
    Ok(crypto.subtle())
}

fn object(members: &[(&str, &str)]) -> Result<Object, NoWebCrypto> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), &(*value).into()).map_err(|_| NoWebCrypto)?;
    }
    Ok(object)
}

async fn resolved(promise: Result<Promise, JsValue>) -> Result<JsValue, NoWebCrypto> {
    let promise = promise.map_err(|_| NoWebCrypto)?;
    JsFuture::from(promise).await.map_err(|_| NoWebCrypto)
}

fn base64url(buffer: &JsValue) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Uint8Array::new(buffer).to_vec())
}
