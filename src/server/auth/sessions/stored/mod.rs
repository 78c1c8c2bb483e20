//! How records are written before they are sealed: as CBOR (RFC 8949), under short names, with bytes as bytes; each
//! session lies in memory all day.
//!
//! A member that a record lacks is as its type says, and one that is not known is passed over, so that servers of two
//! versions can share a store. What has a name here is never given another meaning.
//!
//! | file | holds |
//! |---|---|
//! | `time`, `duration` | as one number |
//! | `token`, `optional_token` | texts of base64url as the bytes that they stand for |
//! | `brief` | what is not written twice |
//! | `user`, `login`, `permissions` | who it is, how they signed in, what they may do |

mod brief;
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

pub(super) use brief::{is_nobody, nobody, shortened, whole};
pub(super) use login::LoginDef;
pub(super) use permissions::PermissionsDef;
pub(super) use user::UserDef;

/// Most records have no more bytes, sealed; a session has, with its ID token. Known beforehand, the bytes need no second
/// place.
const MOST_RECORDS: usize = 1000;

/// It can't be written down, which has no known cause.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a record could not be written")]
pub(super) struct WriteError;

/// It is no record, or not of this kind. Where is not said in words: they could quote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record could not be read, at byte {0:?}")]
pub(super) struct ReadError(Option<usize>);

pub(super) fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::with_capacity(MOST_RECORDS);
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
    struct Ours {
        #[serde(rename = "t", with = "time")]
        at: SystemTime,
        #[serde(rename = "d", with = "duration")]
        for_as_long: Duration,
        #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }

    fn ours() -> Ours {
        let at = UNIX_EPOCH + Duration::new(1_800_000_000, 123_456_789);
        Ours { at, for_as_long: Duration::from_millis(3_599_999), name: None }
    }

    #[test]
    fn a_time_is_nine_bytes_and_comes_back_as_it_was() {
        let bytes = write(&ours()).unwrap();
        assert_eq!(bytes.len(), 1 + (2 + 9) + (2 + 5), "{bytes:02x?}");
        assert_eq!(read::<Ours>(&bytes), Ok(ours()));
    }

    #[test]
    fn a_record_of_another_version_is_read() {
        #[derive(Serialize)]
        struct Newer {
            #[serde(flatten)]
            ours: Ours,
            unheard_of: Vec<Option<&'static str>>,
        }
        let bytes = write(&Newer { ours: ours(), unheard_of: vec![None, Some("of")] }).unwrap();
        assert_eq!(read::<Ours>(&bytes), Ok(ours()));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [&b""[..], b"{\"t\":1}", b"\xa0", b"\xa1\x61t\x66secret", &[0x9f; 4_000]] {
            assert!(read::<Ours>(bytes).is_err(), "{bytes:?}");
        }
        let whole = write(&ours()).unwrap();
        for end in 0..whole.len() {
            assert!(read::<Ours>(&whole[..end]).is_err(), "{end}");
        }
    }
}
