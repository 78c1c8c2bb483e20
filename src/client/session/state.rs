//! What this tab knows of the session.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lifetime::{Lifetime, Moment};
use crate::wire::auth::{AccessToken, RefreshResponse, SessionId, UserClaims};

#[derive(Clone, Debug, PartialEq)]
pub enum AuthState {
    /// Not known yet, or the session has ended: a guarded page signs in automatically.
    Unknown,
    /// The person signed out: no automatic sign-in.
    SignedOut,
    SignedIn(Box<SignedIn>),
}

/// In memory only: a reload resumes the session.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    pub session: SessionId,
    /// The last answer of the token or the refresh endpoint, whole: a field that is added there is here, too.
    pub response: RefreshResponse,
    /// When `response` arrived: it counts its times from then.
    received_at: Moment,
}

/// How a session was ended in this browser. Tabs send it to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    Person,
    Inactivity,
    Lifetime,
}

/// What ends a session by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Inactivity,
    Lifetime,
}

/// The session is about to end by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    pub limit: Limit,
    /// Until the end, rounded up so that a screen reader announces it a few times only.
    pub left: Duration,
}

/// Whether the sessions that this browser has left have ended on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutStatus {
    /// Not checked yet.
    #[default]
    Unknown,
    /// The server has not confirmed yet that one of them has ended.
    Pending,
    /// The server has confirmed the end of all.
    Confirmed,
    /// This browser has not signed out at all.
    StillSignedIn,
}

impl SignedIn {
    pub fn new(session: SessionId, response: RefreshResponse, received_at: Moment) -> Self {
        Self { session, response, received_at }
    }

    pub fn access_token(&self) -> &AccessToken {
        &self.response.access_token
    }

    pub fn user(&self) -> &UserClaims {
        &self.response.user
    }

    /// The session ends after this time without input.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.response.idle_timeout)
    }

    /// Until when the access token is used: for half of the idle timeout at most, so that the refresh reports input to
    /// the server before it ends the session as idle.
    pub fn token_lifetime(&self) -> Lifetime {
        Lifetime::new(self.received_at, self.response.expires_in.min(self.response.idle_timeout / 2))
    }

    /// The session ends after this time, whether it is used or not.
    pub fn session_lifetime(&self) -> Lifetime {
        Lifetime::new(self.received_at, self.response.session_expires_in)
    }

    /// The response for a tab that takes it over now: its times are what is left of them.
    pub fn response_at(&self, now: Moment) -> RefreshResponse {
        RefreshResponse {
            expires_in: self.token_lifetime().remaining(now).as_secs(),
            session_expires_in: self.session_lifetime().remaining(now).as_secs(),
            ..self.response.clone()
        }
    }
}

impl From<Limit> for EndedBy {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit::Inactivity => Self::Inactivity,
            Limit::Lifetime => Self::Lifetime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::auth::DraftKey;

    fn signed_in(expires_in: u64, idle_timeout: u64) -> SignedIn {
        let response = RefreshResponse {
            access_token: AccessToken::new("token"),
            token_type: "DPoP".into(),
            expires_in,
            user: UserClaims::known_by("https://provider.example".into(), "alice".into()),
            idle_timeout,
            session_expires_in: 36_000,
            draft_key: DraftKey::new("key"),
            session_revision: None,
        };
        SignedIn::new(SessionId::new("session"), response, Moment::at(0, 0))
    }

    #[test]
    fn a_token_is_refreshed_before_the_server_ends_the_session_as_idle() {
        let now = Moment::at(0, 0);
        assert_eq!(signed_in(3600, 1800).token_lifetime().remaining(now), Duration::from_secs(900));
        assert_eq!(signed_in(300, 1800).token_lifetime().remaining(now), Duration::from_secs(300));
    }

    #[test]
    fn another_tab_gets_the_times_that_are_left() {
        let response = signed_in(300, 1800).response_at(Moment::at(100, 100));
        assert_eq!((response.expires_in, response.session_expires_in, response.idle_timeout), (200, 35_900, 1800));
    }
}
