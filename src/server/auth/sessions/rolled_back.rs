//! Records that have become older. A store that crashes may come back with what it had before (Redis without an
//! append-only file, or after a failover): with a refresh token that was used since. Many providers take the next use of it
//! for a theft, and revoke the whole grant (RFC 9700 §4.14.2).
//!
//! The revision of a session's record grows with each refresh. The browser receives it with each response, and sends the
//! highest one back. It is only ever used to refuse.

use super::{RefreshFailure, Sessions, session::Session};
use crate::wire::auth::SessionId;

impl Sessions {
    /// Ends the session if its stored record is older than revision `known`. The provider is not called. The refresh token
    /// is not revoked either: a provider may take that for a theft as well.
    pub(super) async fn refuse_rolled_back(
        &self,
        id: &SessionId,
        stored: &Session,
        known: u64,
    ) -> Result<(), RefreshFailure> {
        if known <= stored.revision {
            return Ok(());
        }
        self.records.remove_unchanged_session(id, stored).await?;
        Err(RefreshFailure::RolledBack { stored: stored.revision, known })
    }
}
