//! The records of a session and of the access tokens issued to it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{attached::AttachedToken, browser_name::BrowserName, stored};
use crate::{
    server::{
        auth::{
            dpop::{ProofKey, Thumbprint},
            oidc::{IdToken, LoginClaims, Permissions, RefreshToken},
        },
        store::SecretHash,
    },
    wire::auth::{AccessToken, UserClaims},
};

/// How long records are kept after their end. So an expired access token is still recognised as issued here, although the
/// provider's clock may differ, and the browser of an expired session can still have its refresh token revoked.
pub(super) const RETENTION_AFTER_END: Duration = Duration::from_secs(5 * 60);

/// How long the response to a refresh is repeated for further requests, as the browser may not have received it.
pub const REPLAY_WINDOW: Duration = Duration::from_secs(30);

/// The server's record of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    #[serde(rename = "u", with = "stored::UserDef")]
    pub user: UserClaims,
    /// The thumbprint of the DPoP key that the session and its access tokens are bound to.
    #[serde(rename = "k")]
    pub dpop_jkt: Thumbprint,
    /// Absent if the provider issued none. Then the session ends with its access token.
    #[serde(rename = "r", default, with = "stored::optional_token")]
    pub refresh_token: Option<RefreshToken>,
    /// The permissions of the latest access token.
    #[serde(rename = "p", with = "stored::PermissionsDef")]
    pub permissions: Permissions,
    /// The latest ID token, sent as `id_token_hint` at logout.
    #[serde(rename = "i", with = "stored::token")]
    pub id_token: IdToken,
    /// `nonce`, `aud`, `azp`, `auth_time` and `acr` of the login's ID token. Refreshed ID tokens are compared with the
    /// first four.
    #[serde(rename = "l", with = "stored::LoginDef")]
    pub login: LoginClaims,
    /// `sid` of the ID token, if present: the provider's session. A logout token names it or the user.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub provider_session: Option<String>,
    /// Shown in the person's list of sessions.
    #[serde(rename = "b", default)]
    pub browser: BrowserName,
    /// When the session began here. `auth_time` in `login` says when the person authenticated at the provider.
    #[serde(rename = "c", with = "stored::time")]
    pub began_at: SystemTime,
    /// When the person was last active, as reported by the browser.
    #[serde(rename = "t", with = "stored::time")]
    pub last_used_at: SystemTime,
    /// How long after `last_used_at` the session ends.
    #[serde(rename = "d", with = "stored::duration")]
    pub idle_timeout: Duration,
    /// When the session ends even if it is used: the provider's latest `session_expiry`, or `latest_end` if that is sooner
    /// or there is none.
    #[serde(rename = "e", with = "stored::time")]
    pub ends_at: SystemTime,
    /// The upper bound of `ends_at`, set at the login.
    #[serde(rename = "f", with = "stored::time")]
    pub latest_end: SystemTime,
    /// The number of changes, for optimistic locking.
    #[serde(rename = "n")]
    pub revision: u64,
    /// The server's key that the provider has bound an access token of this session to. Every refresh is proven with it.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub proof_key: Option<ProofKey>,
    /// The response to the last refresh.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub last_refresh: Option<LastRefresh>,
    /// The access tokens of the session. Stored in a part of the record that can be read without the session's id: see
    /// [`super::attached`].
    #[serde(skip)]
    pub tokens: Vec<AttachedToken>,
}

/// The limit that a session has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The person was inactive for too long.
    Idle,
    /// The lifetime, or the provider's `session_expiry`, was reached.
    Lifetime,
}

/// The response to a refresh, to be repeated within [`REPLAY_WINDOW`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastRefresh {
    #[serde(rename = "a", with = "stored::token")]
    pub access_token: AccessToken,
    #[serde(rename = "t", with = "stored::time")]
    pub at: SystemTime,
    /// The `expires_in` that the browser was sent.
    #[serde(rename = "d", with = "stored::duration")]
    pub expires_in: Duration,
}

/// The record of an access token that was issued to a browser, with everything that the guard needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedToken {
    /// The token is valid only while this session is live.
    #[serde(rename = "s")]
    pub session: SecretHash,
    /// `iss`, `sub` and `user_id`, and in `name` the name to display. Guarded requests need no other claims.
    #[serde(rename = "u", with = "stored::UserDef")]
    pub user: UserClaims,
    #[serde(rename = "k")]
    pub dpop_jkt: Thumbprint,
    #[serde(rename = "p", with = "stored::PermissionsDef")]
    pub permissions: Permissions,
    #[serde(rename = "e", with = "stored::time")]
    pub expires_at: SystemTime,
    /// `auth_time` and `acr` of the session's login, for endpoints that ask for a recent or a strong one.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The thumbprint of the server's key that the provider has bound the token to, if it has: its `cnf.jkt`.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub provider_jkt: Option<Thumbprint>,
}

impl Session {
    /// When this session ends if it is not used again.
    pub fn expires_at(&self) -> SystemTime {
        self.ends_at.min(self.last_used_at + self.idle_timeout)
    }

    /// The limit that it has reached; `None` if it is live.
    pub fn expiry(&self, now: SystemTime) -> Option<Expiry> {
        match now {
            _ if self.ends_at <= now => Some(Expiry::Lifetime),
            _ if self.expires_at() <= now => Some(Expiry::Idle),
            _ => None,
        }
    }

    /// The time until this session ends even if it is used.
    pub fn remaining(&self, now: SystemTime) -> Duration {
        self.ends_at.duration_since(now).unwrap_or_default()
    }
}

impl IssuedToken {
    /// For an access token of this session.
    pub(super) fn of(
        session: &Session,
        session_name: SecretHash,
        expires_at: SystemTime,
        provider_jkt: Option<Thumbprint>,
    ) -> Self {
        let user = &session.user;
        let name = Some(user.display_name()).filter(|name| *name != user.sub).map(str::to_owned);
        Self {
            session: session_name,
            // The address is for `CHAT_USER_TOKEN_CLAIMS`.
            user: UserClaims { name, preferred_username: None, ..user.clone() },
            dpop_jkt: session.dpop_jkt.clone(),
            permissions: session.permissions.clone(),
            expires_at,
            auth_time: session.login.auth_time,
            acr: session.login.acr.clone(),
            provider_jkt,
        }
    }
}

impl Expiry {
    /// For logs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Lifetime => "lifetime",
        }
    }
}

impl LastRefresh {
    /// Returns the time until the access token expires, in whole seconds, if this response may be repeated: within the
    /// window, or within half of the token's lifetime if that is shorter.
    pub fn replayable(&self, now: SystemTime) -> Option<Duration> {
        let age = now.duration_since(self.at).ok()?;
        (age < REPLAY_WINDOW.min(self.expires_in / 2)).then(|| self.expires_in - Duration::from_secs(age.as_secs()))
    }
}

/// A session for tests.
#[cfg(test)]
pub(super) mod example {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::server::auth::oidc::Nonce;

    pub const DPOP_JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    /// `{"alg":"ES256"}` and `{"iss":"https://idp","sub":"ada"}`.
    const ID_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcCIsInN1YiI6ImFkYSJ9.AAAA";

    /// This many seconds after the session began.
    pub fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::new(1_800_000_000 + seconds, 5)
    }

    pub fn session(user: UserClaims) -> Session {
        Session {
            user,
            dpop_jkt: DPOP_JKT.parse().unwrap(),
            refresh_token: Some(RefreshToken::new("r~1")),
            permissions: Permissions { scope: vec!["openid".into()], roles: vec!["dba".into()], roles_left_out: false },
            id_token: IdToken::new(ID_TOKEN),
            login: LoginClaims {
                nonce: Nonce::new("AQID"),
                audiences: vec!["us".into()],
                authorized_party: Some("us".into()),
                auth_time: Some(1),
                acr: None,
            },
            provider_session: Some("s".into()),
            browser: BrowserName { browser: Some("Firefox".into()), system: None },
            began_at: at(0),
            last_used_at: at(2),
            idle_timeout: Duration::from_secs(1800),
            ends_at: at(4),
            latest_end: at(5),
            revision: 7,
            proof_key: None,
            last_refresh: Some(LastRefresh {
                access_token: AccessToken::new("AQIDBA"),
                at: at(0),
                expires_in: Duration::from_secs(300),
            }),
            tokens: vec![AttachedToken { name: SecretHash::of("t"), expires_at: at(300) }],
        }
    }
}
