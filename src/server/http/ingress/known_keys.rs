//! The keys that users have signed in with: a call by one of them is charged to its user, and not to the client's address.
//!
//! In this process's memory only: after a restart, or at another replica, a key is unknown until its first authenticated
//! call.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use moka::future::Cache;

use crate::{server::auth::dpop::Thumbprint, wire::auth::UserClaims};

/// Beyond this, the least recently used are dropped.
const MAX_KEYS: u64 = 100_000;
/// Longer than a weekend.
const REMEMBERED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A hash of a user, for counting. It is keyed by this process, so nobody can construct a collision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Person(pub(super) u64);

pub(super) struct KnownKeys {
    people: Cache<Thumbprint, Person>,
    hasher: RandomState,
}

impl KnownKeys {
    pub fn new() -> Self {
        let people = Cache::builder().max_capacity(MAX_KEYS).time_to_idle(REMEMBERED_FOR).build();
        Self { people, hasher: RandomState::new() }
    }

    /// By `iss` and the claim that identifies users, as in the conversation store.
    pub fn person(&self, user: &UserClaims) -> Person {
        let named = (user.user_id.is_some(), user.user_id.as_ref().unwrap_or(&user.sub));
        Person(self.hasher.hash_one((&user.iss, named)))
    }

    pub async fn person_with(&self, key: &Thumbprint) -> Option<Person> {
        self.people.get(key).await
    }

    pub async fn learn(&self, key: &Thumbprint, person: Person) {
        if self.people.get(key).await != Some(person) {
            self.people.insert(key.clone(), person).await;
        }
    }
}
