//! A person's list of their own sessions, from which they can end some.
//!
//! A session's record can be decrypted only with the session's id. So it has a separate summary for the list, encrypted
//! with the person's `iss` and `sub`. The summary contains the browser's name and times, but no token and no secret.

use std::{
    cmp::Reverse,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{Sessions, browser_name::BrowserName, records::Records, scope::SessionScope, session::Session, stored};
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

/// The summary of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredSummary {
    #[serde(rename = "b")]
    pub browser: BrowserName,
    /// When the session began.
    #[serde(rename = "s", with = "stored::time")]
    pub since: SystemTime,
    /// When the person was last active.
    #[serde(rename = "t", with = "stored::time")]
    pub last_used_at: SystemTime,
}

impl StoredSummary {
    pub(super) fn of(session: &Session) -> Self {
        Self { browser: session.browser.clone(), since: session.began_at, last_used_at: session.last_used_at }
    }
}

impl Records {
    pub(super) async fn list(&self, user: &UserClaims, this: Option<&SecretHash>) -> Result<SessionList, StoreError> {
        let scope = SessionScope::of_user(user);
        let mut sessions = vec![];
        for name in self.indexed_sessions(&scope).await? {
            let Some(stored) = self.summary(&name, &scope).await? else { continue };
            sessions.push(SessionSummary {
                session: handle(&name),
                browser: stored.browser.browser,
                system: stored.browser.system,
                since: unix_seconds(stored.since),
                last_used_at: unix_seconds(stored.last_used_at),
                is_this: this == Some(&name),
            });
        }
        sessions.sort_by_key(|session| (Reverse(session.is_this), Reverse(session.last_used_at)));
        Ok(SessionList { sessions })
    }

    /// Ends one session of this user, and returns its name. `None` if there is no such session.
    pub(super) async fn end_named(
        &self,
        user: &UserClaims,
        session: &SessionHandle,
    ) -> Result<Option<(SecretHash, bool)>, StoreError> {
        let scope = SessionScope::of_user(user);
        let found = self.indexed_sessions(&scope).await?.into_iter().find(|name| handle(name) == *session);
        let Some(name) = found else { return Ok(None) };
        let was_there = self.end_one(&scope, &name).await?;
        Ok(Some((name, was_there)))
    }
}

impl Sessions {
    /// The live sessions of this user: first `this`, which is that of the request, then the others by last use.
    pub async fn list(&self, user: &UserClaims, this: Option<&SecretHash>) -> Result<SessionList, StoreError> {
        self.records.list(user, this).await
    }

    /// Ends one session of this user. `NotFound` for a session of another user.
    pub async fn end(&self, user: &UserClaims, session: &SessionHandle) -> Result<(), ApiError> {
        let (name, was_there) = self.records.end_named(user, session).await?.ok_or(ApiError::NotFound)?;
        if was_there {
            let ended = audit::session_handle(&name);
            audit::record(Event::SessionEndedByUser, Some(user), Some(&format_args!("session {ended}")));
        }
        Ok(())
    }

    /// Ends the pending logins and all sessions of this user, except one.
    pub async fn end_all(self: &Arc<Self>, user: &UserClaims, except: Option<&SecretHash>) -> Result<(), StoreError> {
        let sessions = self.records.end_all(&SessionScope::of_user(user), except).await?;
        audit::record(Event::SessionsEndedByUser, Some(user), Some(&format_args!("{sessions} sessions")));
        Ok(())
    }
}

/// A hash of the session's name in the store, so that it reveals neither that name nor the session's id.
fn handle(name: &SecretHash) -> SessionHandle {
    SessionHandle::new(SecretHash::of(&name.to_string()).to_string())
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
