//! What the server remembers of a signed-in person, and of the access tokens that it handed to them.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{attached::AttachedToken, browser_name::BrowserName, stored};
use crate::{
    server::{
        auth::{
            dpop::Thumbprint,
            oidc::{IdToken, LoginClaims, Permissions, RefreshToken},
        },
        store::SecretHash,
    },
    wire::auth::{AccessToken, UserClaims},
};

/// For as long after its end, an access token is known as one that was issued here: providers' clocks differ from ours.
/// And for as long, a session that has ended by its time can be opened by its browser, to revoke its refresh token.
pub(super) const KNOWN_AFTER_ITS_END: Duration = Duration::from_secs(5 * 60);

/// For as long, whoever asks for a refresh again is given the last one's answer: it may have been lost on its way.
pub const REPLAY_WINDOW: Duration = Duration::from_secs(30);

/// The server's record of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    #[serde(
        rename = "u",
        with = "stored::UserDef",
        default = "stored::nobody",
        skip_serializing_if = "stored::is_nobody"
    )]
    pub user: UserClaims,
    /// Only this browser may use the session, and the access tokens issued to it.
    #[serde(rename = "k")]
    pub browser_key: Thumbprint,
    /// Absent where the provider gave none: then the session ends with its access token.
    #[serde(rename = "r", default, with = "stored::optional_token")]
    pub refresh_token: Option<RefreshToken>,
    /// Of the latest access token.
    #[serde(rename = "p", with = "stored::PermissionsDef")]
    pub permissions: Permissions,
    /// The latest one the provider sent; the hint for its logout.
    #[serde(rename = "i", with = "stored::token")]
    pub id_token: IdToken,
    /// Of the login's ID token: what refreshed ones must repeat.
    #[serde(rename = "l", with = "stored::LoginDef")]
    pub login: LoginClaims,
    /// The provider's session (`sid`), where it says which; by it, or by the user, the provider ends this one.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub provider_session: Option<String>,
    /// For the person's own list.
    #[serde(rename = "b", default)]
    pub browser: BrowserName,
    /// When the person signed in.
    #[serde(rename = "c", with = "stored::time")]
    pub began_at: SystemTime,
    /// When the person last did something, as far as that is known.
    #[serde(rename = "t", with = "stored::time")]
    pub last_used_at: SystemTime,
    /// How long after that the session ends.
    #[serde(rename = "d", with = "stored::duration")]
    pub idle_timeout: Duration,
    /// When it ends however it is used: what the provider last said, or else `latest_end`.
    #[serde(rename = "e", with = "stored::time")]
    pub ends_at: SystemTime,
    /// When it ends whatever the provider says. Never moved.
    #[serde(rename = "f", with = "stored::time")]
    pub latest_end: SystemTime,
    /// Counts the changes.
    #[serde(rename = "n")]
    pub revision: u64,
    /// What the last refresh gave the browser.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub last_refresh: Option<LastRefresh>,
    /// Written beside the session, where they can be read without its id.
    #[serde(skip)]
    pub tokens: Vec<AttachedToken>,
}

/// By which limit a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Nobody did anything for too long.
    Idle,
    /// Its lifetime is over, or the provider's `session_expiry` has come.
    Lifetime,
}

/// The answer to a refresh, kept to be given again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastRefresh {
    #[serde(rename = "a", with = "stored::token")]
    pub access_token: AccessToken,
    #[serde(rename = "t", with = "stored::time")]
    pub at: SystemTime,
    /// Of the access token, as the browser was told.
    #[serde(rename = "d", with = "stored::duration")]
    pub expires_in: Duration,
}

/// The server's memory of an access token that it handed to a browser: all that the guard needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedToken {
    /// Its session: the token is good while that lives.
    #[serde(rename = "s")]
    pub session: SecretHash,
    /// Their identity, and in `name` what to call them: a guarded call needs no more.
    #[serde(rename = "u", with = "stored::UserDef")]
    pub user: UserClaims,
    #[serde(rename = "k")]
    pub browser_key: Thumbprint,
    #[serde(rename = "p", with = "stored::PermissionsDef")]
    pub permissions: Permissions,
    #[serde(rename = "e", with = "stored::time")]
    pub expires_at: SystemTime,
}

impl Session {
    /// When this session is over if nobody uses it again.
    pub fn expires_at(&self) -> SystemTime {
        self.ends_at.min(self.last_used_at + self.idle_timeout)
    }

    /// By which limit it is over, if it is.
    pub fn expiry(&self, now: SystemTime) -> Option<Expiry> {
        match now {
            _ if self.ends_at <= now => Some(Expiry::Lifetime),
            _ if self.expires_at() <= now => Some(Expiry::Idle),
            _ => None,
        }
    }

    /// How long until this session is over, however it is used.
    pub fn remaining(&self, now: SystemTime) -> Duration {
        self.ends_at.duration_since(now).unwrap_or_default()
    }
}

impl IssuedToken {
    /// For this session's browser.
    pub(super) fn of(session: &Session, name: SecretHash, expires_at: SystemTime) -> Self {
        let user = &session.user;
        let called = Some(user.display_name()).filter(|called| *called != user.sub).map(str::to_owned);
        Self {
            session: name,
            user: UserClaims { name: called, preferred_username: None, email: None, ..user.clone() },
            browser_key: session.browser_key.clone(),
            permissions: session.permissions.clone(),
            expires_at,
        }
    }
}

impl Expiry {
    /// For the log.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Lifetime => "lifetime",
        }
    }
}

impl LastRefresh {
    /// For how long the access token is still good, in whole seconds, if this answer may be given again now: within the
    /// window, which for short lives is half of the life.
    pub fn replayable(&self, now: SystemTime) -> Option<Duration> {
        let age = now.duration_since(self.at).ok()?;
        (age < REPLAY_WINDOW.min(self.expires_in / 2)).then(|| self.expires_in - Duration::from_secs(age.as_secs()))
    }
}
