//! What all requests of one provider share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};

use super::super::lock::lock;
use super::{calls::CallLog, client::Client, endpoint::Endpoint, grants::Grants, keys::Keys, user::Users};

pub struct Shared {
    pub issuer: String,
    pub client: Client,
    pub keys: Keys,
    pub calls: Arc<CallLog>,
    users: Mutex<Users>,
    grants: Mutex<Grants>,
    outage: Mutex<BTreeSet<Endpoint>>,
}

impl Shared {
    pub fn new(issuer: String, client: Client) -> Shared {
        Shared {
            issuer,
            client,
            keys: Keys::generate(),
            calls: Arc::default(),
            users: Mutex::default(),
            grants: Mutex::default(),
            outage: Mutex::default(),
        }
    }

    pub fn users(&self) -> MutexGuard<'_, Users> {
        lock(&self.users)
    }

    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
    }

    /// The endpoints that answer 503 for everyone.
    pub fn outage(&self) -> MutexGuard<'_, BTreeSet<Endpoint>> {
        lock(&self.outage)
    }
}

/// Seconds since the epoch, as in `iat` (RFC 7519 §2, NumericDate).
pub fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

pub fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
