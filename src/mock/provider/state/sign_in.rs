//! One sign-in of a user, from which all its tokens take their claims.

use std::time::SystemTime;

use super::{clock::unix_seconds, secret::Secret, user_name::UserName};

#[derive(Debug, Clone)]
pub struct SignIn {
    pub user: UserName,
    /// The client that the user signed in to.
    pub client_id: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub auth_time: u64,
    pub acr: Option<String>,
    pub sid: String,
    /// `access_type=offline` (Google).
    pub is_offline: bool,
}

/// The grant that a sign-in leads to, once its code is redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub u64);

impl SignIn {
    /// At `now`, with an empty scope.
    pub fn of(user: UserName, client_id: &str, now: SystemTime) -> SignIn {
        SignIn {
            user,
            client_id: client_id.to_owned(),
            scope: String::new(),
            nonce: None,
            auth_time: unix_seconds(now),
            acr: None,
            sid: Secret::random().expose().to_owned(),
            is_offline: false,
        }
    }

    /// The same with a narrower scope, as a refresh may request it (RFC 6749 §6); `None` if `scope` is wider.
    pub fn narrowed(&self, scope: Option<&str>) -> Option<SignIn> {
        let mut sign_in = self.clone();
        if let Some(scope) = scope {
            if !scope.split(' ').all(|token| self.has_scope(token)) {
                return None;
            }
            scope.clone_into(&mut sign_in.scope);
        }
        Some(sign_in)
    }

    pub fn has_scope(&self, token: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == token)
    }
}
