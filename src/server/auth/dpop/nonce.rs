//! Nonces that the server gives to clients (RFC 9449 §8), so that no proof can be made long before it is used (§11.2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;

use super::{check::REPLICA_SKEW, thumbprint::Thumbprint};

/// How long a nonce is good after it was issued. Replicas whose clock is behind accept it for [`REPLICA_SKEW`] longer.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(2 * 60);

/// Issues nonces and recognizes them, without a store.
///
/// A nonce is the time of issue in seconds (8 bytes, big-endian) and an HMAC-SHA-256 over that time and the thumbprint of
/// the key that it is for, in base64url: it can't be made ahead of time, and works for one key only. Replicas that share the
/// HMAC key accept each other's.
pub struct Nonces {
    key: hmac::Key,
    /// Of a key ring that is being rotated.
    other_keys: Vec<hmac::Key>,
}

impl Nonces {
    /// Keys are random and used for nothing else. The first one issues nonces, all of them recognize theirs.
    pub fn new(first: [u8; 32], others: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let key = |key: [u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, &key);
        Self { key: key(first), other_keys: others.into_iter().map(key).collect() }
    }

    /// For the `DPoP-Nonce` header of an answer to the client with this key.
    pub fn issue(&self, client: &Thumbprint, now: SystemTime) -> String {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_be_bytes();
        let tag = hmac::sign(&self.key, &signed(seconds, client));
        BASE64_URL_SAFE_NO_PAD.encode([&seconds, tag.as_ref()].concat())
    }

    /// Until when `nonce` is good, if it was issued here for this client and is good now.
    pub(super) fn good_until(&self, nonce: &str, client: &Thumbprint, now: SystemTime) -> Option<SystemTime> {
        let issued_at = self.issued_at(nonce, client)?;
        let good_until = issued_at + NONCE_LIFETIME;
        (issued_at <= now + REPLICA_SKEW && now <= good_until).then_some(good_until)
    }

    /// The time in a nonce of ours; the HMAC is compared in constant time.
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

/// What the HMAC is over: both parts have a fixed length.
fn signed(seconds: [u8; 8], client: &Thumbprint) -> Vec<u8> {
    [&seconds[..], client.as_bytes()].concat()
}
