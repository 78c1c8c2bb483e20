//! What a person is told of their sessions, and how they end them.
//!
//! What is told stands in the session's record, sealed apart with what only names the person, `iss` and `sub`: the rest of
//! the record does not open without the session's id. It is which browser, and when; no token, and no secret.

use std::{
    cmp::Reverse,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{Sessions, browser_name::BrowserName, ends::Ended, session::Session, stored};
use crate::{
    server::{
        observe::audit::{self, Event},
        store::{SecretHash, StoreError},
    },
    wire::{
        auth::UserClaims,
        error::ApiError,
        sessions::{SessionHandle, SessionList, SessionSummary},
    },
};

/// Of one session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionCard {
    #[serde(rename = "b")]
    pub browser: BrowserName,
    #[serde(rename = "s", with = "stored::time")]
    pub since: SystemTime,
    /// When the person last did something.
    #[serde(rename = "t", with = "stored::time")]
    pub last_used_at: SystemTime,
}

impl SessionCard {
    pub(super) fn of(session: &Session) -> Self {
        Self { browser: session.browser.clone(), since: session.began_at, last_used_at: session.last_used_at }
    }
}

impl Sessions {
    /// The sessions of this user that live, the one used last first. `this` is the caller's.
    pub async fn list(&self, user: &UserClaims, this: Option<&SecretHash>) -> Result<SessionList, StoreError> {
        let whole = Ended::of(user);
        let mut sessions = vec![];
        for name in self.records.enlisted(&whole).await? {
            let Some(card) = self.records.card(&name, &whole).await? else { continue };
            sessions.push(SessionSummary {
                session: handle(&name),
                browser: card.browser.browser,
                system: card.browser.system,
                since: unix_seconds(card.since),
                last_used_at: unix_seconds(card.last_used_at),
                is_this: this == Some(&name),
            });
        }
        sessions.sort_by_key(|session| (Reverse(session.is_this), Reverse(session.last_used_at)));
        Ok(SessionList { sessions })
    }

    /// Ends one session of this user's. Anybody else's is not there.
    pub async fn end(&self, user: &UserClaims, session: &SessionHandle) -> Result<(), ApiError> {
        let whole = Ended::of(user);
        let found = self.records.enlisted(&whole).await?.into_iter().find(|name| handle(name) == *session);
        let name = found.ok_or(ApiError::NotFound)?;
        if self.records.end_one(&whole, &name).await? {
            let ended = audit::session_handle(&name);
            audit::record(Event::SessionEndedByUser, Some(user), Some(&format_args!("session {ended}")));
        }
        Ok(())
    }

    /// Ends all sessions of this user, and the logins in flight; but not this session.
    pub async fn end_all(self: &Arc<Self>, user: &UserClaims, but: Option<&SecretHash>) -> Result<(), StoreError> {
        let sessions = self.records.end_all(&Ended::of(user), but).await?;
        audit::record(Event::SessionsEndedByUser, Some(user), Some(&format_args!("{sessions} sessions")));
        Ok(())
    }
}

/// Names a session to its user: neither its id, nor its name in the store.
fn handle(name: &SecretHash) -> SessionHandle {
    SessionHandle::new(SecretHash::of(&name.to_string()).to_string())
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
