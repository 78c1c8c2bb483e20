//! Keys that somebody has signed in with, and who: a call by one of them is charged to that person, and not to the address
//! that it comes from.
//!
//! Only this process's memory: after a restart, or at another replica, a key is unknown until its first call that is proven.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use moka::future::Cache;

use crate::{server::proof::Thumbprint, wire::auth::UserClaims};

/// Beyond as many, those that were not seen for longest are forgotten.
const MAX_KEYS: u64 = 100_000;
/// A weekend, a holiday.
const REMEMBERED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Stands for a person in this process, for counting. The hash is keyed, so nobody can find another person with the same.
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

    /// As the conversation store has it: by `iss` and the claim that names people.
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
