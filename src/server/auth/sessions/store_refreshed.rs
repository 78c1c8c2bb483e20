//! Storing what the provider has issued in a refresh, which must not be lost: it has replaced the old refresh token.

use std::time::Duration;

use super::{RefreshFailure, Sessions, refresh::ended, session::Session};
use crate::{server::store::StoreError, wire::auth::SessionId};

/// Pauses between retries. The lock is held meanwhile.
const STORE_RETRY_AFTER: [Duration; 10] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_secs(30),
];

impl Sessions {
    /// Stores the session. If it was ended meanwhile, it stays ended, and the new refresh token is revoked (RFC 7009). If
    /// another replica refreshed it meanwhile, the token is not revoked, as many providers then revoke all tokens of the
    /// login.
    pub(super) async fn store_or_revoke(&self, id: &SessionId, session: &mut Session) -> Result<(), RefreshFailure> {
        if self.store_refreshed(id, session).await? {
            return Ok(());
        }
        if self.records.session(id).await?.is_some() {
            return Err(RefreshFailure::NoTurn("the session was refreshed elsewhere".into()));
        }
        self.revoke_refreshed(id, session).await;
        Err(ended("signed out meanwhile"))
    }

    /// Returns whether the session was stored. Retries while the store can't be reached, as the provider has replaced
    /// the old refresh token.
    async fn store_refreshed(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        for pause in STORE_RETRY_AFTER {
            match self.records.replace_session(id, session).await {
                Ok(true) => return Ok(true),
                // An earlier try whose response was lost may have stored it.
                Ok(false) => return self.is_stored(id, session).await,
                Err(error) => {
                    tracing::warn!(%error, "a refreshed session could not be stored; trying again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Ok(self.records.replace_session(id, session).await? || self.is_stored(id, session).await?)
    }

    async fn is_stored(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        let stored = self.records.session(id).await?;
        Ok(stored
            .is_some_and(|stored| stored.revision == session.revision && stored.refresh_token == session.refresh_token))
    }
}
