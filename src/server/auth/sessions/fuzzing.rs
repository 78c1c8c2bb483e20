//! Records that somebody who can write in the store made up.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    attached::Attached,
    layout::{self, Parts},
    pending::{PendingAuthorization, UsedState},
    session::{IssuedToken, Session},
    stored,
    summary::StoredSummary,
};
use crate::server::store::{KeyRing, Kind, RecordName};

/// A record, as it is stored and as it is when opened. Without the server's keys, no bytes open, and none are the end of a
/// session. Opened bytes are read as nothing or as a record that is the same once it is written.
pub fn session_records(data: &[u8]) {
    let (ring, name) = (KeyRing::new([1; 32], []), RecordName::of(Kind::Session, "id"));
    assert!(ring.open(&name, "id", data).is_err(), "sealed by nobody");
    assert!(layout::end(&ring, &name, data).is_none(), "authenticated by nobody");
    let parts = Parts::of(data);
    assert!(parts.attached.len() + parts.summary.len() + parts.session.len() <= data.len());
    for part in [data, parts.attached] {
        is_written_as_it_is_read::<Attached>(part);
    }
    is_written_as_it_is_read::<IssuedToken>(data);
    is_written_as_it_is_read::<PendingAuthorization>(data);
    is_written_as_it_is_read::<StoredSummary>(data);
    is_written_as_it_is_read::<UsedState>(data);
    if let Some(session) = is_written_as_it_is_read::<Session>(data) {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(session.expiry(now).is_none(), now < session.expires_at());
        assert!(session.expires_at() <= session.ends_at);
        let _ = session.remaining(now);
    }
}

/// The record in these bytes, if there is one.
fn is_written_as_it_is_read<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let record: T = stored::read(data).ok()?;
    let written = stored::write(&record).unwrap();
    let again: T = stored::read(&written).unwrap();
    assert_eq!(stored::write(&again).unwrap(), written);
    Some(record)
}
