//! A hash that identifies a person.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::wire::auth::UserClaims;

/// SHA-256 of `iss` and `sub`, the only claims that identify a person permanently (OpenID Connect Core §5.7), or of `iss`
/// and `USER_ID_CLAIM`. It identifies the person in the database. The log has a [`super::Pseudonym`] instead, which is
/// computed from it with a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserHash(String);

impl UserHash {
    pub fn of(user: &UserClaims) -> Self {
        let mut hash = Sha256::new();
        // Prefixed with its length, so that the boundary between issuer and subject is unambiguous.
        hash.update((user.iss.len() as u64).to_be_bytes());
        hash.update(&user.iss);
        match &user.user_id {
            None => hash.update(&user.sub),
            // After a byte that does not occur in UTF-8, so that an id can't collide with a subject.
            Some(user_id) => {
                hash.update([0xff]);
                hash.update(user_id);
            }
        }
        Self(hex(&hash.finalize()))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a `String` never fails.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(iss: &str, sub: &str) -> UserHash {
        let claims = serde_json::json!({ "iss": iss, "sub": sub });
        UserHash::of(&serde_json::from_value(claims).unwrap())
    }

    #[test]
    fn the_hash_differs_for_each_issuer_and_subject() {
        assert_eq!(hash("https://a", "1"), hash("https://a", "1"));
        assert_ne!(hash("https://a", "1"), hash("https://a", "2"));
        assert_ne!(hash("https://a", "1"), hash("https://b", "1"));
        assert_ne!(hash("https://a", "12"), hash("https://a1", "2"));
        assert_eq!(hash("https://a", "1").as_str().len(), 64);
    }

    #[test]
    fn with_a_configured_user_id_claim_the_subject_may_change() {
        // T38
        let hash_with = |sub: &str, id: &str| {
            let claims = serde_json::json!({ "iss": "https://a", "sub": sub, "user_id": id });
            UserHash::of(&serde_json::from_value(claims).unwrap())
        };
        assert_eq!(hash_with("uid=ada,ou=here", "7"), hash_with("uid=ada,ou=there", "7"));
        assert_ne!(hash_with("uid=ada", "7"), hash_with("uid=ada", "8"));
        assert_ne!(hash_with("uid=ada", "7"), hash("https://a", "7"));
    }
}
