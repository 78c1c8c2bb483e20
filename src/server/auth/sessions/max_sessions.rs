//! The maximum number of concurrent sessions of a person.

use std::num::NonZeroU32;

use super::{Sessions, scope::SessionScope};
use crate::{
    server::{
        observe::audit::{self, Event},
        store::{SecretHash, StoreError},
    },
    wire::auth::{SessionId, UserClaims},
};

impl Sessions {
    /// Ends the oldest sessions of this user where there are more than `max` of them, but never `newest`, which has
    /// just begun. A failure is only logged, as the person has signed in already.
    pub async fn end_oldest(&self, user: &UserClaims, newest: &SessionId, max: Option<NonZeroU32>) {
        let Some(max) = max else { return };
        if let Err(error) = self.end_beyond(user, &SecretHash::of(newest.secret()), max.get() as usize).await {
            tracing::warn!(%error, "it is not known whether a person has too many sessions");
        }
    }

    async fn end_beyond(&self, user: &UserClaims, newest: &SecretHash, max: usize) -> Result<(), StoreError> {
        let scope = SessionScope::of_user(user);
        let indexed = self.records.indexed_sessions(&scope).await?;
        // The common case, checked first to save reading the records. The index may also contain expired sessions.
        if indexed.len() <= max {
            return Ok(());
        }
        let mut others = vec![];
        for name in indexed.into_iter().filter(|name| name != newest) {
            if let Some(summary) = self.records.summary(&name, &scope).await? {
                others.push((summary.since, name));
            }
        }
        others.sort_by_key(|(since, _)| *since);
        let excess = (others.len() + 1).saturating_sub(max);
        for (_, name) in others.into_iter().take(excess) {
            if self.records.end_one(&scope, &name).await? {
                audit::record(Event::SessionEndedByLimit, Some(user), None);
            }
        }
        Ok(())
    }
}
