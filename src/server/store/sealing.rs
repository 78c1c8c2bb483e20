//! Encryption of records. The key of each record is derived from a key of the server and a secret that only the browser
//! has.
//!
//! The derivation is HKDF-SHA-256 (RFC 5869) with a key of the server's ring as salt and the record's secret (session
//! id, `state` or access token) as input. So the store and the server's keys together do not suffice to decrypt a record.
//! The cipher is AES-256-GCM. The record's name is the associated data, so that records can't be exchanged.
//!
//! The end of a session must be readable without the session's id. So it is not encrypted but authenticated, with an
//! HMAC-SHA-256 over the record's name and that time (see `auth::sessions::layout`).
//!
//! The summary of a session, and the time when a person's sessions were ended, must be readable without a session's id
//! too. Their secret is `iss` and `sub`, so that the store alone does not suffice to decrypt them. They contain no token.

use std::{fmt, sync::Arc};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};

use super::RecordName;

/// The first byte of a sealed record. In format 1, records were JSON.
const FORMAT: u8 = 2;

/// The length of a key's id in bytes: enough to distinguish the keys of a ring.
const KEY_ID_LEN: usize = 4;

/// Labels that separate the uses of a key in HKDF.
const RECORD: &[u8] = b"oracle-ai sealed record";
const AUTHENTICATION: &[u8] = b"oracle-ai authenticated head";

/// The length of an HMAC-SHA-256 in bytes.
pub const TAG_LEN: usize = 32;

/// The server's keys: the first one encrypts, all of them decrypt.
///
/// A key is rotated in three steps, so that every replica can decrypt every record: first the new key is added after the
/// old one at all replicas, then the order is changed, and after a session's lifetime the old one is removed.
#[derive(Clone)]
pub struct KeyRing(Arc<Keys>);

struct Keys {
    first: RingKey,
    others: Vec<RingKey>,
}

struct RingKey {
    id: [u8; KEY_ID_LEN],
    salt: Salt,
    /// Absent if it could not be derived, which is not expected to happen. Then no HMAC is valid.
    authentication: Option<hmac::Key>,
}

/// Why a record can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("it is not in a format that this server knows")]
    Format,
    #[error("it was sealed with a key that is not on the ring any more")]
    UnknownKey,
    #[error("it was sealed under another name or secret, or changed")]
    Changed,
}

/// The cipher or the key derivation failed. Not expected to happen.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no key could be made, or nothing sealed with it")]
pub struct SealError;

impl KeyRing {
    /// Keys are 256 random bits each.
    pub fn new(first: [u8; 32], others: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let others = others.into_iter().map(RingKey::new).collect();
        Self(Arc::new(Keys { first: RingKey::new(first), others }))
    }

    /// Encrypts a record. The first 12 bytes of `random` are the cipher's nonce. Random nonces are safe for 2^32 uses of
    /// one key (NIST SP 800-38D §8.3); here a key encrypts only the versions of one record, or a few records of one person.
    pub fn seal(
        &self,
        name: &RecordName,
        secret: &str,
        random: [u8; 32],
        mut bytes: Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let nonce = *random.first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let key = self.0.first.record_key(secret).ok_or(SealError)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), associated(name), &mut bytes)
            .map_err(|_| SealError)?;
        Ok([&[FORMAT][..], &self.0.first.id, &nonce, &bytes].concat())
    }

    pub fn open(&self, name: &RecordName, secret: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (format, rest) = sealed.split_first().ok_or(OpenError::Format)?;
        let (id, rest) = rest.split_first_chunk::<KEY_ID_LEN>().ok_or(OpenError::Format)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Format)?;
        if *format != FORMAT {
            return Err(OpenError::Format);
        }
        let key = self.keys().find(|key| key.id == *id).ok_or(OpenError::UnknownKey)?;
        let key = key.record_key(secret).ok_or(OpenError::Changed)?;
        let mut bytes = sealed.to_vec();
        let opened = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), associated(name), &mut bytes)
            .map_err(|_| OpenError::Changed)?
            .len();
        bytes.truncate(opened);
        Ok(bytes)
    }

    /// The HMAC over these bytes of the record with this name.
    pub fn authenticate(&self, name: &RecordName, bytes: &[u8]) -> Result<[u8; TAG_LEN], SealError> {
        let key = self.0.first.authentication.as_ref().ok_or(SealError)?;
        let tag = hmac::sign(key, &named(name, bytes));
        tag.as_ref().try_into().map_err(|_| SealError)
    }

    pub fn is_authentic(&self, name: &RecordName, bytes: &[u8], tag: &[u8]) -> bool {
        let named = named(name, bytes);
        let mut keys = self.keys().filter_map(|key| key.authentication.as_ref());
        keys.any(|key| hmac::verify(key, &named, tag).is_ok())
    }

    /// Keys for another purpose: derived from the first key of the ring, and from each of the others.
    pub fn derived(&self, purpose: &str) -> Result<([u8; 32], Vec<[u8; 32]>), SealError> {
        let derived = |key: &RingKey| key.derived(purpose).ok_or(SealError);
        Ok((derived(&self.0.first)?, self.0.others.iter().map(derived).collect::<Result<_, _>>()?))
    }

    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.0.first).chain(&self.0.others)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing([redacted])")
    }
}

impl RingKey {
    fn new(key: [u8; 32]) -> Self {
        let mut id = [0; KEY_ID_LEN];
        let named = digest(&SHA256, &[b"oracle-ai ring key", &key[..]].concat());
        id.copy_from_slice(&named.as_ref()[..KEY_ID_LEN]);
        let salt = Salt::new(HKDF_SHA256, &key);
        let pseudorandom = salt.extract(AUTHENTICATION);
        let authentication = pseudorandom.expand(&[b"oracle-ai derived key"], HMAC_SHA256).ok().map(hmac::Key::from);
        Self { id, salt, authentication }
    }

    fn record_key(&self, secret: &str) -> Option<LessSafeKey> {
        let pseudorandom = self.salt.extract(secret.as_bytes());
        let key = pseudorandom.expand(&[RECORD], &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(key)))
    }

    fn derived(&self, purpose: &str) -> Option<[u8; 32]> {
        let mut key = [0; 32];
        let pseudorandom = self.salt.extract(purpose.as_bytes());
        pseudorandom.expand(&[b"oracle-ai derived key"], HKDF_SHA256).ok()?.fill(&mut key).ok()?;
        Some(key)
    }
}

/// The name and the bytes. Unambiguous without a separator, as the hash in each name has the same length.
fn named(name: &RecordName, bytes: &[u8]) -> Vec<u8> {
    [name.to_string().as_bytes(), bytes].concat()
}

fn associated(name: &RecordName) -> Aad<String> {
    Aad::from(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::Kind;

    const RANDOM: [u8; 32] = [7; 32];

    fn ring(first: u8, others: &[u8]) -> KeyRing {
        KeyRing::new([first; 32], others.iter().map(|key| [*key; 32]))
    }

    fn name() -> RecordName {
        RecordName::of(Kind::Session, "secret")
    }

    fn sealed(ring: &KeyRing) -> Vec<u8> {
        ring.seal(&name(), "secret", RANDOM, b"what is kept".to_vec()).unwrap()
    }

    #[test]
    fn a_record_opens_with_its_secret_and_its_name_and_no_others() {
        // T107
        let ring = ring(1, &[]);
        let record = sealed(&ring);
        assert_eq!(ring.open(&name(), "secret", &record).unwrap(), b"what is kept");
        assert_eq!(ring.open(&name(), "other secret", &record), Err(OpenError::Changed));
        let other_kind = RecordName { kind: Kind::Pending, ..name() };
        assert_eq!(ring.open(&other_kind, "secret", &record), Err(OpenError::Changed));
        assert_eq!(ring.open(&RecordName::of(Kind::Session, "x"), "secret", &record), Err(OpenError::Changed));
    }

    #[test]
    fn the_store_and_the_servers_keys_together_do_not_open_a_record() {
        // T107: an attacker with both lacks the session id. Its hash, which is the name, does not suffice.
        let ring = ring(1, &[]);
        let record = sealed(&ring);
        let hash = name().to_string();
        for guess in ["", &hash, hash.trim_start_matches("session:")] {
            assert_eq!(ring.open(&name(), guess, &record), Err(OpenError::Changed));
        }
        assert!(!record.windows(4).any(|window| window == b"what"));
    }

    #[test]
    fn after_a_rotation_the_new_key_seals_and_the_old_one_still_opens_until_it_is_removed() {
        // T107
        let old = sealed(&ring(1, &[]));
        let rotated = ring(2, &[1]);
        assert!(rotated.open(&name(), "secret", &old).is_ok());
        let new = sealed(&rotated);
        assert_eq!(ring(1, &[]).open(&name(), "secret", &new), Err(OpenError::UnknownKey));
        assert_eq!(ring(2, &[]).open(&name(), "secret", &old), Err(OpenError::UnknownKey));
        assert!(ring(2, &[]).open(&name(), "secret", &new).is_ok());
    }

    #[test]
    fn a_record_with_any_changed_byte_does_not_open() {
        let ring = ring(1, &[]);
        let record = sealed(&ring);
        for place in 0..record.len() {
            let mut changed = record.clone();
            changed[place] ^= 1;
            assert!(ring.open(&name(), "secret", &changed).is_err(), "byte {place}");
            changed.truncate(place);
            assert!(ring.open(&name(), "secret", &changed).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn a_tag_is_valid_only_for_its_name_its_bytes_and_the_keys_of_the_ring() {
        let tag = ring(1, &[]).authenticate(&name(), b"head").unwrap();
        assert!(ring(1, &[]).is_authentic(&name(), b"head", &tag));
        assert!(ring(2, &[1]).is_authentic(&name(), b"head", &tag), "the old key is still on the ring");
        assert!(!ring(2, &[]).is_authentic(&name(), b"head", &tag));
        assert!(!ring(1, &[]).is_authentic(&name(), b"heap", &tag));
        assert!(!ring(1, &[]).is_authentic(&RecordName::of(Kind::Session, "other"), b"head", &tag));
        for wrong in [&tag[..31], &[0; 32], b""] {
            assert!(!ring(1, &[]).is_authentic(&name(), b"head", wrong));
        }
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_by_key_and_are_the_same_at_all_servers() {
        let first = |ring: KeyRing, purpose: &str| ring.derived(purpose).unwrap().0;
        assert_eq!(first(ring(1, &[]), "a"), first(ring(1, &[2]), "a"));
        assert_ne!(first(ring(1, &[]), "a"), first(ring(1, &[]), "b"));
        assert_ne!(first(ring(1, &[]), "a"), first(ring(2, &[]), "a"));
        assert_eq!(ring(1, &[2, 3]).derived("a").unwrap().1, [first(ring(2, &[]), "a"), first(ring(3, &[]), "a")]);
    }
}
