//! The whole contract of a session store.

use std::time::SystemTime;

use async_trait::async_trait;

use super::{
    pending::PendingAuthorization,
    session::{IssuedToken, SecretHash, Session},
};

/// Keeps logins in flight, sessions, which access tokens were issued to them, and what can be used only once.
///
/// A record past its end is not given out any more, judged by the `now` of the call.
#[async_trait]
pub trait SessionStore: Send + Sync {
    async fn put_pending(&self, state: SecretHash, pending: PendingAuthorization) -> Result<(), StoreError>;

    /// Gives the record out and removes it, in one step: of two callers, one gets it.
    async fn take_pending(
        &self,
        state: &SecretHash,
        now: SystemTime,
    ) -> Result<Option<PendingAuthorization>, StoreError>;

    /// Remembers a name until `until`, and tells whether it was new: of two callers, one is told so.
    async fn spend(&self, name: SecretHash, until: SystemTime, now: SystemTime) -> Result<bool, StoreError>;

    /// Creates or replaces.
    async fn put_session(&self, id: SecretHash, session: Session) -> Result<(), StoreError>;

    /// Replaces the session if it still is there, and tells whether it was: a logout is never undone by a late write.
    async fn update_session(&self, id: &SecretHash, session: Session) -> Result<bool, StoreError>;

    async fn session(&self, id: &SecretHash, now: SystemTime) -> Result<Option<Session>, StoreError>;

    /// Gives the record out and removes it.
    async fn remove_session(&self, id: &SecretHash) -> Result<Option<Session>, StoreError>;

    async fn put_issued_token(&self, token: SecretHash, issued: IssuedToken) -> Result<(), StoreError>;

    async fn issued_token(&self, token: &SecretHash, now: SystemTime) -> Result<Option<IssuedToken>, StoreError>;
}

/// The store can't be reached, or does not do as asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct StoreError(pub String);
