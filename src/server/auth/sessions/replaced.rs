//! The session that a login takes the place of (ASVS V7.2.4).
//!
//! A browser's key holds one session at a time. So a login ends whatever its key has held, also where another person signs
//! in: nobody would end that session any more, as the browser forgets its id.
//!
//! The refresh token of the old session is in its record, which opens with the old session's id only. A browser that still
//! has the id sends it along, and the refresh token is revoked. Without it, the record is destroyed, which is its only copy.

use super::{Sessions, attached::sessions_of_key, session::Session};
use crate::{
    server::{
        auth::dpop::Thumbprint,
        observe::audit::{self, Event},
        store::{SecretHash, StoreError},
    },
    wire::auth::SessionId,
};

impl Sessions {
    /// `previous` is what the browser says is the session that it had. It is opened where it is this key's, and ends
    /// nothing otherwise: a copied session id is of no use to another browser.
    pub(super) async fn end_sessions_of_key(
        &self,
        key: &Thumbprint,
        previous: Option<&SessionId>,
    ) -> Result<(), StoreError> {
        let index = sessions_of_key(key);
        let previous = previous.map(|id| (SecretHash::of(id.secret()), id));
        for name in self.records.store().members(&index, self.environment.now()).await? {
            let opened = match &previous {
                Some((previous, id)) if *previous == name => self.records.stored_session(id).await?,
                _ => None,
            };
            if self.records.remove_session(&name).await? {
                self.session_was_replaced(opened);
            }
            self.records.store().remove_member(&index, &name).await?;
        }
        Ok(())
    }

    fn session_was_replaced(&self, opened: Option<Session>) {
        let (user, refresh_token) = opened.map(|session| (session.user, session.refresh_token)).unzip();
        let reason = match refresh_token.flatten() {
            Some(refresh_token) => {
                self.revoke_in_background(refresh_token);
                "its refresh token is revoked"
            }
            None => "its record is destroyed",
        };
        audit::record(Event::SessionReplaced, user.as_ref(), Some(&reason));
    }
}
