//! The key that encrypts a person's drafts in the browser's storage.
//!
//! A draft is text that was typed and not sent. After the end of a session, the same person must be able to restore it,
//! and the next person at the same machine must not be able to read it. So the browser stores it encrypted, with a key
//! that it receives with each access token and holds in memory only. The key is the same at each login of one person, and
//! different for every other person.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;

use super::Records;
use crate::{
    server::{
        observe::audit::UserHash,
        store::{KeyRing, SealError, StoreError},
    },
    wire::auth::{DraftKey, UserClaims},
};

impl Records {
    /// The draft key of this person: an HMAC-SHA-256 over their [`UserHash`], with a key derived from the first key of the
    /// ring. A rotation of that key loses stored drafts.
    pub(super) fn draft_key(&self, user: &UserClaims) -> Result<DraftKey, StoreError> {
        Ok(draft_key(self.ring(), user)?)
    }
}

fn draft_key(ring: &KeyRing, user: &UserClaims) -> Result<DraftKey, SealError> {
    let (key, _) = ring.derived("draft key")?;
    let person = UserHash::of(user);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), person.as_str().as_bytes());
    Ok(DraftKey::new(BASE64_URL_SAFE_NO_PAD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_key_is_the_same_for_one_person_and_differs_between_persons_and_servers() {
        let ring = |key: u8| KeyRing::new([key; 32], []);
        let key = |ring: &KeyRing, iss: &str, sub: &str| {
            draft_key(ring, &UserClaims::known_by(iss.into(), sub.into())).unwrap().secret().to_owned()
        };
        let alice = key(&ring(1), "https://a.example", "alice");
        let mut renamed = UserClaims::known_by("https://a.example".into(), "alice".into());
        renamed.name = Some("Alice B.".into());
        assert_eq!(draft_key(&ring(1), &renamed).unwrap().secret(), alice);
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(&alice).unwrap().len(), 32);
        assert_ne!(key(&ring(1), "https://a.example", "bob"), alice);
        assert_ne!(key(&ring(1), "https://b.example", "alice"), alice);
        assert_ne!(key(&ring(2), "https://a.example", "alice"), alice);
    }
}
