//! The state that all requests to one provider share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    endpoint::Endpoint,
    state::{
        calls::CallLog, client::Client, grants::Grants, keys::Keys, profile::Profile, pushed_requests::PushedRequests,
        used_assertions::UsedAssertions, users::Users,
    },
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
    used_assertions: Mutex<UsedAssertions>,
}

impl Shared {
    pub fn new(issuer: String, profile: Profile, client: Client) -> Shared {
        Shared {
            issuer,
            profile,
            client,
            keys: Keys::generate(),
            calls: Arc::default(),
            users: Mutex::new(Users::with_defaults(profile.default_settings())),
            grants: Mutex::default(),
            outage: Mutex::default(),
            pushed_requests: Mutex::default(),
            used_assertions: Mutex::default(),
        }
    }

    pub fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.issuer, endpoint.path())
    }

    pub fn users(&self) -> MutexGuard<'_, Users> {
        lock(&self.users)
    }

    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
    }

    /// The endpoints that answer 503 to everybody.
    pub fn outage(&self) -> MutexGuard<'_, BTreeSet<Endpoint>> {
        lock(&self.outage)
    }

    pub fn pushed_requests(&self) -> MutexGuard<'_, PushedRequests> {
        lock(&self.pushed_requests)
    }

    pub fn used_assertions(&self) -> MutexGuard<'_, UsedAssertions> {
        lock(&self.used_assertions)
    }
}
