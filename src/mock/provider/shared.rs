//! What all requests of one provider share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    endpoint::Endpoint,
    endpoints::{private_key_jwt::SeenAssertions, pushed::PushedRequests},
    state::{calls::CallLog, client::Client, grants::Grants, keys::Keys, profile::Profile, users::Users},
};
use crate::mock::lock::lock;

pub struct Shared {
    pub issuer: String,
    pub profile: Profile,
    pub client: Client,
    pub keys: Keys,
    pub calls: Arc<CallLog>,
    users: Mutex<Users>,
    grants: Mutex<Grants>,
    outage: Mutex<BTreeSet<Endpoint>>,
    pushed_requests: Mutex<PushedRequests>,
    seen_assertions: Mutex<SeenAssertions>,
}

impl Shared {
    pub fn new(issuer: String, profile: Profile, client: Client) -> Shared {
        Shared {
            issuer,
            profile,
            client,
            keys: Keys::generate(),
            calls: Arc::default(),
            users: Mutex::new(Users::treated(profile.settings())),
            grants: Mutex::default(),
            outage: Mutex::default(),
            pushed_requests: Mutex::default(),
            seen_assertions: Mutex::default(),
        }
    }

    pub fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.issuer, endpoint.path())
    }

    pub fn pushed_requests(&self) -> MutexGuard<'_, PushedRequests> {
        lock(&self.pushed_requests)
    }

    pub fn seen_assertions(&self) -> MutexGuard<'_, SeenAssertions> {
        lock(&self.seen_assertions)
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
