//! The keys that users have signed in with: a call by one of them is charged to its user, and not to the client's address.
//!
//! In this process's memory only: after a restart, or at another replica, a key is unknown until its first authenticated
//! call.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use crate::{
    server::{
        auth::dpop::Thumbprint,
        store::{BoundedTtlMap, Expiring, WhenFull},
    },
    wire::auth::UserClaims,
};

/// Beyond this, those that were not used for longest are dropped.
const MAX_KEYS: usize = 100_000;
/// After the last authenticated call. Longer than a weekend.
const REMEMBERED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A hash of a user, for counting. It is keyed by this process, so nobody can construct a collision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Person(pub(super) u64);

pub(super) struct KnownKeys {
    people: BoundedTtlMap<Person, Instant>,
    hasher: RandomState,
}

impl KnownKeys {
    pub fn new() -> Self {
        Self {
            people: BoundedTtlMap::with_capacity(MAX_KEYS, WhenFull::EvictFirstToExpire),
            hasher: RandomState::new(),
        }
    }

    /// By `iss` and the claim that identifies users, as in the conversation store.
    pub fn person(&self, user: &UserClaims) -> Person {
        let named = (user.user_id.is_some(), user.user_id.as_ref().unwrap_or(&user.sub));
        Person(self.hasher.hash_one((&user.iss, named)))
    }

    pub fn person_with(&self, key: &Thumbprint) -> Option<Person> {
        self.people.read(key.as_bytes(), Instant::now(), |known| known.value)
    }

    pub fn learn(&self, key: &Thumbprint, person: Person) {
        let now = Instant::now();
        self.people.sweep(key.as_bytes(), now);
        // Never refused: a full map evicts others.
        let _ = self.people.insert(key.as_bytes(), Expiring { value: person, ends_at: now + REMEMBERED_FOR });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::SecretHash;

    fn key(n: u64) -> Thumbprint {
        SecretHash::numbered(n).to_string().parse().unwrap()
    }

    #[test]
    fn a_key_belongs_to_the_person_who_used_it_last() {
        let known = KnownKeys::new();
        assert_eq!(known.person_with(&key(1)), None);
        known.learn(&key(1), Person(1));
        known.learn(&key(2), Person(1));
        known.learn(&key(1), Person(2));
        assert_eq!((known.person_with(&key(1)), known.person_with(&key(2))), (Some(Person(2)), Some(Person(1))));
    }

    #[test]
    fn beyond_the_maximum_the_keys_that_were_not_used_for_longest_are_dropped() {
        // T106
        let known = KnownKeys::new();
        let many = MAX_KEYS as u64 / 2 * 3;
        for n in 0..many {
            known.learn(&key(n), Person(1));
        }
        assert!((MAX_KEYS / 10 * 9..=MAX_KEYS).contains(&known.people.entry_count()), "{}", known.people.entry_count());
        assert_eq!(known.person_with(&key(0)), None);
        assert_eq!(known.person_with(&key(many - 1)), Some(Person(1)));
    }
}
