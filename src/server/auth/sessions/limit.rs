//! How many sessions a person can have at a time.

use std::num::NonZeroU32;

use super::{Sessions, ends::Ended};
use crate::{
    server::{
        observe::audit::{self, Event},
        store::{SecretHash, StoreError},
    },
    wire::auth::{SessionId, UserClaims},
};

impl Sessions {
    /// Ends the oldest sessions of this user where there are more than `most` of them; never `newest`, which has just
    /// begun. What fails is logged: the person is signed in all the same.
    pub async fn end_oldest(&self, user: &UserClaims, newest: &SessionId, most: Option<NonZeroU32>) {
        let Some(most) = most else { return };
        if let Err(error) = self.end_beyond(user, &SecretHash::of(newest.secret()), most.get() as usize).await {
            tracing::warn!(%error, "it is not known whether a person has too many sessions");
        }
    }

    async fn end_beyond(&self, user: &UserClaims, newest: &SecretHash, most: usize) -> Result<(), StoreError> {
        let all = Ended::of(user);
        let listed = self.records.enlisted(&all).await?;
        // Mostly so; and those that have ended by themselves may still be listed.
        if listed.len() <= most {
            return Ok(());
        }
        let mut others = vec![];
        for name in listed.into_iter().filter(|name| name != newest) {
            if let Some(card) = self.records.card(&name, &all).await? {
                others.push((card.since, name));
            }
        }
        others.sort_by_key(|(since, _)| *since);
        let too_many = (others.len() + 1).saturating_sub(most);
        for (_, name) in others.into_iter().take(too_many) {
            if self.records.end_one(&all, &name).await? {
                audit::record(Event::SessionEndedByLimit, Some(user), None);
            }
        }
        Ok(())
    }
}
