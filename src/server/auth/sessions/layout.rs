//! The layout of a session's record in the store: four parts.
//!
//! | part | contents | needed to read it |
//! |---|---|---|
//! | head | the session's end (8 bytes), and an HMAC over that and the record's name (32 bytes) | nothing; to write it, the server's keys |
//! | attached | the names of the records that are removed with the session | nothing |
//! | summary | the entry in the user's list of sessions | the server's keys, and the user's `iss` and `sub` |
//! | session | the session | the server's keys, and the session's id |
//!
//! `attached` and `summary` are prefixed with their length (2 bytes). Numbers are big-endian.
//!
//! A guarded request reads only the head. The HMAC prevents that write access to the store suffices to restore an ended
//! session or to prolong one.

use std::time::SystemTime;

use crate::server::store::{HEAD_LEN, KeyRing, RecordName, SealError, TAG_LEN, UnixMillis};

const END_LEN: usize = HEAD_LEN - TAG_LEN;
const _: () = assert!(END_LEN == size_of::<u64>());

/// The parts after the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    pub attached: &'a [u8],
    pub summary: &'a [u8],
    pub session: &'a [u8],
}

/// One of the parts exceeds its maximum length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The head of the session's record.
pub fn head(ring: &KeyRing, name: &RecordName, ends_at: SystemTime) -> Result<[u8; HEAD_LEN], SealError> {
    let end = UnixMillis::from(ends_at).0.to_be_bytes();
    let tag = ring.authenticate(name, &end)?;
    let mut head = [0; HEAD_LEN];
    head[..END_LEN].copy_from_slice(&end);
    head[END_LEN..].copy_from_slice(&tag);
    Ok(head)
}

/// When the session ends. `None` if the head was not written by a server with these keys.
pub fn end(ring: &KeyRing, name: &RecordName, record: &[u8]) -> Option<SystemTime> {
    let (end, rest) = record.split_first_chunk::<END_LEN>()?;
    let tag = rest.first_chunk::<TAG_LEN>()?;
    ring.is_authentic(name, end, tag).then(|| UnixMillis(u64::from_be_bytes(*end)).into())
}

impl<'a> Parts<'a> {
    /// The bytes of the whole record.
    pub fn with_head(self, head: [u8; HEAD_LEN]) -> Result<Vec<u8>, TooLong> {
        let length = |part: &[u8]| u16::try_from(part.len()).map(u16::to_be_bytes).map_err(|_| TooLong);
        let (attached, summary) = (length(self.attached)?, length(self.summary)?);
        Ok([&head[..], &attached, self.attached, &summary, self.summary, self.session].concat())
    }

    /// The parts of this record. Empty for bytes that are not a record, as an empty part can't be decrypted.
    pub fn of(record: &'a [u8]) -> Self {
        let parts = || {
            let (attached, rest) = split_part(record.get(HEAD_LEN..)?)?;
            let (summary, session) = split_part(rest)?;
            Some(Self { attached, summary, session })
        };
        parts().unwrap_or_default()
    }
}

/// The first part, which is prefixed by its length, and the rest.
fn split_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::server::store::Kind;

    const PARTS: Parts<'static> = Parts { attached: b"attached", summary: b"", session: b"session" };

    fn ring() -> KeyRing {
        KeyRing::new([1; 32], [])
    }

    fn name(secret: &str) -> RecordName {
        RecordName::of(Kind::Session, secret)
    }

    fn at() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_800_000_000_123)
    }

    #[test]
    fn a_record_is_split_as_it_was_joined() {
        let record = PARTS.with_head(head(&ring(), &name("a"), at()).unwrap()).unwrap();
        assert_eq!(Parts::of(&record), PARTS);
        assert_eq!(end(&ring(), &name("a"), &record), Some(at()));
        assert_eq!(end(&ring(), &name("a"), &record[..HEAD_LEN]), Some(at()), "the head is enough");
        assert_eq!(Parts { summary: &[0; 70_000], ..PARTS }.with_head([0; HEAD_LEN]), Err(TooLong));
    }

    #[test]
    fn an_end_that_was_not_written_with_the_servers_keys_is_refused() {
        // Once the end was not authenticated, so any 16 bytes made a session live.
        let good = head(&ring(), &name("a"), at()).unwrap();
        assert_eq!(end(&ring(), &name("b"), &good), None, "another session's");
        assert_eq!(end(&KeyRing::new([2; 32], []), &name("a"), &good), None, "another server's");
        for byte in 0..HEAD_LEN {
            let mut changed = good;
            changed[byte] ^= 1;
            assert_eq!(end(&ring(), &name("a"), &changed), None, "byte {byte}");
            assert_eq!(end(&ring(), &name("a"), &good[..byte]), None, "cut at {byte}");
        }
        assert_eq!(end(&ring(), &name("a"), &[0xff; 100]), None);
    }

    #[test]
    fn a_truncated_record_has_no_parts() {
        let record = PARTS.with_head([7; HEAD_LEN]).unwrap();
        for length in 0..HEAD_LEN + 2 + PARTS.attached.len() + 2 {
            assert_eq!(Parts::of(&record[..length]), Parts::default(), "{length}");
        }
    }
}
