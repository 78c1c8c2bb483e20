//! WebCrypto, in the few calls that the browser key needs.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use crate::client::session::dpop_key::{Jwk, KeyError};

/// A pair whose private half is not extractable (T68).
pub async fn new_key_pair() -> Result<JsValue, KeyError> {
    let algorithm = object(&[("name", "ECDSA"), ("namedCurve", "P-256")])?;
    let usages = Array::of2(&"sign".into(), &"verify".into());
    settled(subtle()?.generate_key_with_object(&algorithm, false, &usages)).await
}

pub async fn public_jwk(pair: &JsValue) -> Result<Jwk, KeyError> {
    let jwk = settled(subtle()?.export_key("jwk", &half(pair, "publicKey")?)).await?;
    let member = |name: &str| {
        Reflect::get(&jwk, &name.into()).ok().and_then(|value| value.as_string()).ok_or(KeyError::NoWebCrypto)
    };
    Ok(Jwk { crv: member("crv")?, kty: member("kty")?, x: member("x")?, y: member("y")? })
}

/// The signature as JWS wants it: r and s, 32 bytes each (RFC 7518 §3.4), in base64url.
pub async fn sign(pair: &JsValue, bytes: &[u8]) -> Result<String, KeyError> {
    let algorithm = object(&[("name", "ECDSA"), ("hash", "SHA-256")])?;
    let key = half(pair, "privateKey")?;
    let signature = settled(subtle()?.sign_with_object_and_u8_array(&algorithm, &key, bytes)).await?;
    Ok(base64url(&signature))
}

/// In base64url.
pub async fn sha256(bytes: &[u8]) -> Result<String, KeyError> {
    Ok(base64url(&settled(subtle()?.digest_with_str_and_u8_array("SHA-256", bytes)).await?))
}

/// One part of a compact JWS (RFC 7515 §7.1).
pub fn json_part<T: Serialize>(part: &T) -> Result<String, KeyError> {
    let json = serde_json::to_vec(part).map_err(|_| KeyError::NoWebCrypto)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

pub fn subtle() -> Result<SubtleCrypto, KeyError> {
    let crypto = web_sys::window().and_then(|window| window.crypto().ok()).ok_or(KeyError::NoWebCrypto)?;
    Ok(crypto.subtle())
}

fn half(pair: &JsValue, name: &str) -> Result<CryptoKey, KeyError> {
    Reflect::get(pair, &name.into()).ok().and_then(|key| key.dyn_into().ok()).ok_or(KeyError::NoWebCrypto)
}

pub fn object(members: &[(&str, &str)]) -> Result<Object, KeyError> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), &(*value).into()).map_err(|_| KeyError::NoWebCrypto)?;
    }
    Ok(object)
}

pub async fn settled(promise: Result<js_sys::Promise, JsValue>) -> Result<JsValue, KeyError> {
    let promise = promise.map_err(|_| KeyError::NoWebCrypto)?;
    JsFuture::from(promise).await.map_err(|_| KeyError::NoWebCrypto)
}

fn base64url(buffer: &JsValue) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Uint8Array::new(buffer).to_vec())
}
