//! Whose conversations.

use crate::{server::observe::audit::UserHash, wire::auth::UserClaims};

/// A person, as the store knows them.
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
