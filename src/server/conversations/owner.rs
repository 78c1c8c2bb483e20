//! Owners of conversations.

use crate::{server::audit::UserHash, wire::auth::UserClaims};

/// A person, identified by a hash of issuer and subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(UserHash);

impl Owner {
    pub fn of(user: &UserClaims) -> Self {
        Self(UserHash::of(user))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
