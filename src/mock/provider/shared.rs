//! The state that all requests to one issuer share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use super::{
    endpoint::Endpoint,
    issuer::Issuer,
    state::{
        calls::CallLog,
        client::Clients,
        dpop::Dpop,
        grants::Grants,
        keys::Keys,
        profile::Profile,
        pushed_requests::PushedRequests,
        used_assertions::UsedAssertions,
        users::{PeopleError, Users},
    },
};
use crate::mock::{clock::MovableClock, lock::lock};

pub struct Shared {
    pub issuer: String,
    /// Of the issuer, without the path of its profile: where its control API is.
    pub path: String,
    pub profile: Profile,
    pub clients: Clients,
    pub keys: Keys,
    pub calls: Arc<CallLog>,
    pub clock: MovableClock,
    users: Mutex<Users>,
    grants: Mutex<Grants>,
    outage: Mutex<BTreeSet<Endpoint>>,
    pushed_requests: Mutex<PushedRequests>,
    used_assertions: Mutex<UsedAssertions>,
    dpop: Mutex<Dpop>,
}

impl Shared {
    /// At `path` of `origin`.
    pub fn new(origin: &str, path: String, issuer: Issuer, clock: MovableClock) -> Result<Shared, PeopleError> {
        let Issuer { profile, clients, people, any_user, dpop } = issuer;
        Ok(Shared {
            issuer: format!("{origin}{path}{}", profile.path()),
            path,
            profile,
            clients: Clients::new(clients),
            keys: Keys::generate(),
            calls: Arc::default(),
            clock,
            users: Mutex::new(Users::new(people, profile.default_settings(), any_user)?),
            grants: Mutex::default(),
            outage: Mutex::default(),
            pushed_requests: Mutex::default(),
            used_assertions: Mutex::default(),
            dpop: Mutex::new(Dpop::of(dpop)),
        })
    }

    pub fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.issuer, endpoint.path())
    }

    /// The prefix of the endpoints' paths.
    pub fn endpoints_path(&self) -> String {
        format!("{}{}", self.path, self.profile.path())
    }

    pub fn now(&self) -> SystemTime {
        self.clock.now()
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

    pub fn dpop(&self) -> MutexGuard<'_, Dpop> {
        lock(&self.dpop)
    }
}
