//! The serialization of records before they are sealed: CBOR (RFC 8949) with short field names.
//!
//! Servers of neighbouring releases share a store. So unknown fields are ignored, a new field is optional, and a field
//! name is never reused with another meaning. A change that servers of the release before can't read ends their
//! sessions: `CHANGELOG.md` has to announce it.
//!
//! | file | serializes |
//! |---|---|
//! | `time`, `duration` | times and durations, as one number |
//! | `token`, `optional_token` | base64url text, as the bytes that it encodes |
//! | `user`, `login`, `permissions` | types of other modules |

pub(super) mod duration;
#[cfg(test)]
mod golden;
mod login;
pub(super) mod optional_token;
mod permissions;
pub(super) mod time;
pub(super) mod token;
mod user;

use serde::{Serialize, de::DeserializeOwned};

pub(super) use login::LoginDef;
pub(super) use permissions::PermissionsDef;
pub(super) use user::UserDef;

/// Initial capacity, in bytes. Most records fit in it; a session with a large ID token may not.
const TYPICAL_LEN: usize = 1000;

/// A record could not be serialized. Not expected to happen.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a record could not be written")]
pub(super) struct WriteError;

/// The bytes are not a record of this kind. The error has only the position, as the text of the cause may quote the
/// record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record could not be read, at byte {0:?}")]
pub(super) struct ReadError(Option<usize>);

pub(super) fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::with_capacity(TYPICAL_LEN);
    ciborium::into_writer(value, &mut bytes).map_err(|_| WriteError)?;
    Ok(bytes)
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    ciborium::from_reader(bytes).map_err(|error| match error {
        ciborium::de::Error::Syntax(at) => ReadError(Some(at)),
        ciborium::de::Error::Semantic(at, _) => ReadError(at),
        ciborium::de::Error::Io(_) | ciborium::de::Error::RecursionLimitExceeded => ReadError(None),
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Known {
        #[serde(rename = "t", with = "time")]
        at: SystemTime,
        #[serde(rename = "d", with = "duration")]
        lasts: Duration,
        #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }

    fn known() -> Known {
        let at = UNIX_EPOCH + Duration::new(1_800_000_000, 123_456_789);
        Known { at, lasts: Duration::from_millis(3_599_999), name: None }
    }

    #[test]
    fn a_time_is_nine_bytes_and_is_read_as_it_was_written() {
        let bytes = write(&known()).unwrap();
        assert_eq!(bytes.len(), 1 + (2 + 9) + (2 + 5), "{bytes:02x?}");
        assert_eq!(read::<Known>(&bytes), Ok(known()));
    }

    #[test]
    fn a_record_of_a_later_release_is_read() {
        #[derive(Serialize)]
        struct Newer {
            #[serde(flatten)]
            known: Known,
            added: Vec<Option<&'static str>>,
        }
        let bytes = write(&Newer { known: known(), added: vec![None, Some("a")] }).unwrap();
        assert_eq!(read::<Known>(&bytes), Ok(known()));
    }

    #[test]
    fn bytes_that_are_not_a_record_are_refused() {
        for bytes in [&b""[..], b"{\"t\":1}", b"\xa0", b"\xa1\x61t\x66secret", &[0x9f; 4_000]] {
            assert!(read::<Known>(bytes).is_err(), "{bytes:?}");
        }
        let whole = write(&known()).unwrap();
        for end in 0..whole.len() {
            assert!(read::<Known>(&whole[..end]).is_err(), "{end}");
        }
    }
}
