//! Encryption of drafts in this browser's storage: AES-256-GCM, with a key that the server gives to this person only and
//! that the browser holds in memory only ([`DraftKey`]).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    client::platform::crypto::{self, AesKey},
    wire::auth::DraftKey,
};

/// NIST SP 800-38D §8.2.2: random, and new for each text. Nobody types 2^32 letters with one key.
const NONCE_LEN: usize = 12;

#[derive(Clone, Debug)]
pub struct DraftCipher(AesKey);

impl DraftCipher {
    /// `None` where the browser has no WebCrypto, or the key is invalid.
    pub async fn new(key: &DraftKey) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key.secret()).ok()?;
        AesKey::import(&bytes).await.ok().map(Self)
    }

    /// Nonce and ciphertext, in base64url.
    pub async fn encrypt(&self, text: &str) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        crypto::fill_random(&mut nonce).ok()?;
        let encrypted = self.0.encrypt(&nonce, text.as_bytes()).await.ok()?;
        Some(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &encrypted].concat()))
    }

    /// `None` for a text that was not encrypted with this key.
    pub async fn decrypt(&self, encrypted: &str) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(encrypted).ok()?;
        let (nonce, encrypted) = bytes.split_at_checked(NONCE_LEN)?;
        String::from_utf8(self.0.decrypt(nonce, encrypted).await.ok()?).ok()
    }
}
