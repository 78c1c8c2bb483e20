//! How drafts are encrypted in this browser's storage: AES-256-GCM by WebCrypto, with a key that the server gives to the
//! person alone and that no page keeps (see [`DraftKey`]).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use crate::{
    client::platform::crypto::{object, settled, subtle},
    wire::auth::DraftKey,
};

const ALGORITHM: &str = "AES-GCM";

/// NIST SP 800-38D §8.2.2: random, and new for each text. Nobody types 2^32 letters with one key.
const NONCE_LEN: usize = 12;

/// Encrypts and decrypts for one person.
#[derive(Clone, Debug)]
pub struct DraftCipher(CryptoKey);

impl DraftCipher {
    /// `None` where the browser has no WebCrypto, or the key is none.
    pub async fn new(key: &DraftKey) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key.secret()).ok()?;
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let bytes = Uint8Array::from(bytes.as_slice());
        let imported = subtle().ok()?.import_key_with_str("raw", &bytes, ALGORITHM, false, &usages);
        settled(imported).await.ok()?.dyn_into().ok().map(Self)
    }

    /// Nonce and ciphertext, in base64url.
    pub async fn encrypt(&self, text: &str) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        web_sys::window()?.crypto().ok()?.get_random_values_with_u8_array(&mut nonce).ok()?;
        let encrypted = subtle().ok()?.encrypt_with_object_and_u8_array(&parameters(&nonce)?, &self.0, text.as_bytes());
        let encrypted = Uint8Array::new(&settled(encrypted).await.ok()?).to_vec();
        Some(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &encrypted].concat()))
    }

    /// `None` for what was not encrypted with this key.
    pub async fn decrypt(&self, encrypted: &str) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(encrypted).ok()?;
        let (nonce, encrypted) = bytes.split_at_checked(NONCE_LEN)?;
        let text = subtle().ok()?.decrypt_with_object_and_u8_array(&parameters(nonce)?, &self.0, encrypted);
        let text: JsValue = settled(text).await.ok()?;
        String::from_utf8(Uint8Array::new(&text).to_vec()).ok()
    }
}

fn parameters(nonce: &[u8]) -> Option<Object> {
    let parameters = object(&[("name", ALGORITHM)]).ok()?;
    Reflect::set(&parameters, &"iv".into(), &Uint8Array::from(nonce)).ok()?;
    Some(parameters)
}
