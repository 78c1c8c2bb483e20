//! The pseudonym of a person in the log. Only the operator can find it for a given person.

use std::{fmt, sync::Arc};

use ring::hmac;

use super::user_hash::{UserHash, hex};
use crate::wire::auth::UserClaims;

/// Computes pseudonyms: HMAC-SHA-256 of a person's [`UserHash`] with a key of the server. Without that key, the people in a
/// log can't be identified by trying the identifiers of all employees.
///
/// The keys are derived from the session key ring, so that all replicas write the same pseudonyms, across restarts, and a
/// key rotation changes each of them once.
#[derive(Clone)]
pub struct Pseudonyms(Arc<Keys>);

struct Keys {
    first: hmac::Key,
    /// From the ring's other keys, to find lines of other servers during a rotation, or from before it.
    others: Vec<hmac::Key>,
}

/// The value of the field `user`: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pseudonym(String);

impl Pseudonyms {
    /// The purpose for [`KeyRing::derived`](crate::server::store::KeyRing::derived).
    pub const PURPOSE: &str = "audit pseudonym";

    pub fn new(first: [u8; 32], others: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let key = |key: [u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, &key);
        Self(Arc::new(Keys { first: key(first), others: others.into_iter().map(key).collect() }))
    }

    /// The pseudonym that this server logs.
    pub fn of(&self, user: &UserClaims) -> Pseudonym {
        pseudonym(&self.0.first, user)
    }

    /// The pseudonym that this server logs, followed by those with the other keys of the ring.
    pub fn all_of(&self, user: &UserClaims) -> Vec<Pseudonym> {
        std::iter::once(&self.0.first).chain(&self.0.others).map(|key| pseudonym(key, user)).collect()
    }
}

impl Pseudonym {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms([redacted])")
    }
}

fn pseudonym(key: &hmac::Key, user: &UserClaims) -> Pseudonym {
    Pseudonym(hex(hmac::sign(key, UserHash::of(user).as_str().as_bytes()).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms(first: u8, others: &[u8]) -> Pseudonyms {
        Pseudonyms::new([first; 32], others.iter().map(|key| [*key; 32]))
    }

    fn user(sub: &str) -> UserClaims {
        UserClaims::known_by("https://a.example".into(), sub.into())
    }

    #[test]
    fn a_person_has_the_same_pseudonym_at_all_servers_with_the_same_key() {
        // T99
        let pseudonym = pseudonyms(1, &[]).of(&user("alice"));
        assert_eq!(pseudonym, pseudonyms(1, &[2]).of(&user("alice")));
        assert_ne!(pseudonym, pseudonyms(1, &[]).of(&user("bob")));
        assert_eq!(pseudonym.as_str().len(), 64);
    }

    #[test]
    fn a_pseudonym_can_not_be_computed_without_the_key() {
        let pseudonym = pseudonyms(1, &[]).of(&user("alice"));
        assert_ne!(pseudonym, pseudonyms(2, &[]).of(&user("alice")));
        assert_ne!(pseudonym.as_str(), UserHash::of(&user("alice")).as_str());
    }

    #[test]
    fn during_a_rotation_a_person_has_a_pseudonym_for_each_key() {
        let (old, new) = (pseudonyms(1, &[]).of(&user("alice")), pseudonyms(2, &[]).of(&user("alice")));
        assert_eq!(pseudonyms(2, &[1]).all_of(&user("alice")), [new, old]);
    }
}
