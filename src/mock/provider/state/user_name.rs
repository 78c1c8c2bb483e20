//! User names. There is no registration: every valid name is a user.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// 1 to 64 of `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UserName(String);

impl UserName {
    pub fn parse(text: &str) -> Option<UserName> {
        let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(is_allowed);
        is_name.then(|| UserName(text.to_owned()))
    }

    /// Derived from the name, so that it survives a restart; a hash, so that no test mistakes it for the name.
    pub fn sub(&self) -> String {
        let digest = Sha256::digest(format!("mock subject {}", self.0));
        digest.iter().take(12).map(|b| format!("{b:02x}")).collect()
    }

    /// `Alice` for `alice`.
    pub fn display_name(&self) -> String {
        let (first, rest) = self.0.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    }

    pub fn email(&self) -> String {
        format!("{}@example.com", self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["a", "alice", "j.doe_2-x"] {
            assert!(UserName::parse(name).is_some(), "{name}");
        }
        for name in ["", "Alice", "a b", "<b>", "é", &"a".repeat(65)] {
            assert!(UserName::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_subject_is_stable_and_is_not_the_name() {
        let [alice, bob] = ["alice", "bob"].map(|name| UserName::parse(name).unwrap());
        assert_eq!(alice.sub(), alice.sub());
        assert_ne!(alice.sub(), bob.sub());
        assert!(!alice.sub().contains("alice"));
    }
}
