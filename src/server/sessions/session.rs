//! A signed-in person, and the names under which the server keeps what it issued to them.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    server::{
        oidc::{IdToken, LoginClaims, Permissions, RefreshToken},
        proof::Thumbprint,
    },
    wire::auth::UserClaims,
};

/// A session that nobody used for this long is over.
pub const IDLE_LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);

/// A session is over after this long, used or not.
pub const ABSOLUTE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// SHA-256 of a secret that only the browser has: the name of what is stored for it. Whoever reads the store can't
/// speak for the browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretHash(String);

impl SecretHash {
    pub fn of(secret: &str) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
    }
}

/// The server's record of a session.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: UserClaims,
    /// Only this browser may use the session, and the access tokens issued to it.
    pub browser_key: Thumbprint,
    /// Absent where the provider gave none: then the session ends with its access token.
    pub refresh_token: Option<RefreshToken>,
    /// Of the latest access token.
    pub permissions: Permissions,
    /// The latest one the provider sent; the hint for its logout.
    pub id_token: IdToken,
    /// Of the login's ID token: what refreshed ones must repeat.
    pub login: LoginClaims,
    pub last_used_at: SystemTime,
    /// Never moved.
    pub ends_at: SystemTime,
}

impl Session {
    /// When this session is over if nobody uses it again.
    pub fn expires_at(&self) -> SystemTime {
        self.ends_at.min(self.last_used_at + IDLE_LIFETIME)
    }
}

/// The server's memory of an access token that it handed to a browser.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub session: SecretHash,
    pub expires_at: SystemTime,
}
