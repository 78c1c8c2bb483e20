//! A person without a name.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::wire::auth::UserClaims;

/// A hash of `iss` and `sub` (OpenID Connect Core §5.7), the only claims that name a person for good. It stands for the
/// person where names have no business: in audit lines, and in the database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserHash(String);

impl UserHash {
    pub fn of(user: &UserClaims) -> Self {
        let mut hash = Sha256::new();
        // With its length, so that no issuer can borrow from the subject.
        hash.update((user.iss.len() as u64).to_be_bytes());
        hash.update(&user.iss);
        hash.update(&user.sub);
        Self(hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a `String` never fails.
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(iss: &str, sub: &str) -> UserHash {
        let claims = serde_json::json!({ "iss": iss, "sub": sub });
        UserHash::of(&serde_json::from_value(claims).unwrap())
    }

    #[test]
    fn it_stands_for_one_subject_of_one_issuer() {
        assert_eq!(hash("https://a", "1"), hash("https://a", "1"));
        assert_ne!(hash("https://a", "1"), hash("https://a", "2"));
        assert_ne!(hash("https://a", "1"), hash("https://b", "1"));
        assert_ne!(hash("https://a", "12"), hash("https://a1", "2"));
        assert_eq!(hash("https://a", "1").as_str().len(), 64);
    }
}
