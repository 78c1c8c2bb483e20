//! Server-provided nonces (RFC 9449 §8), so that proofs can't be made long before they are used (§11.2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;

use super::{check::REPLICA_SKEW, thumbprint::Thumbprint};

/// How long a nonce is valid. Replicas whose clock is behind accept it for up to [`REPLICA_SKEW`] longer.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(2 * 60);

/// Issues and verifies nonces, without a store.
///
/// A nonce is the time of issue in Unix seconds (8 bytes, big-endian) and an HMAC-SHA-256 over that time and the thumbprint
/// of the client's key, in base64url. So a client can't make one, and it is valid for one key only. Replicas that share
/// the HMAC key accept each other's nonces.
pub struct Nonces {
    key: hmac::Key,
    /// Keys that only verify, during a rotation.
    other_keys: Vec<hmac::Key>,
}

impl Nonces {
    /// Keys must be random and used for nothing else. The first one issues nonces; all of them verify.
    pub fn new(first: [u8; 32], others: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let key = |key: [u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, &key);
        Self { key: key(first), other_keys: others.into_iter().map(key).collect() }
    }

    /// A nonce for the client with this key, sent in the `DPoP-Nonce` header.
    pub fn issue(&self, client: &Thumbprint, now: SystemTime) -> String {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_be_bytes();
        let tag = hmac::sign(&self.key, &signed(seconds, client));
        BASE64_URL_SAFE_NO_PAD.encode([&seconds, tag.as_ref()].concat())
    }

    /// Until when `nonce` is valid; `None` if it is not valid now, or was not issued to this client.
    pub(super) fn valid_until(&self, nonce: &str, client: &Thumbprint, now: SystemTime) -> Option<SystemTime> {
        let issued_at = self.issued_at(nonce, client)?;
        let valid_until = issued_at + NONCE_LIFETIME;
        (issued_at <= now + REPLICA_SKEW && now <= valid_until).then_some(valid_until)
    }

    /// The time in the nonce, if its HMAC is valid. `ring` compares in constant time.
    fn issued_at(&self, nonce: &str, client: &Thumbprint) -> Option<SystemTime> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let (seconds, tag) = bytes.split_first_chunk::<8>()?;
        let signed = signed(*seconds, client);
        let is_ours = |key| hmac::verify(key, &signed, tag).is_ok();
        if !is_ours(&self.key) && !self.other_keys.iter().any(is_ours) {
            return None;
        }
        Some(UNIX_EPOCH + Duration::from_secs(u64::from_be_bytes(*seconds)))
    }
}

/// The input of the HMAC. Both parts have a fixed length.
fn signed(seconds: [u8; 8], client: &Thumbprint) -> Vec<u8> {
    [&seconds[..], client.as_bytes()].concat()
}
