//! The session that a login replaces (ASVS V7.2.4).
//!
//! A DPoP key has one session at a time. So a login ends the earlier sessions of its key, even if another person signs in:
//! the browser overwrites the id of the earlier session, which could then not be ended by a logout.
//!
//! The refresh token of the earlier session is in its record, which can be decrypted only with that session's id. If the
//! browser still has the id, it sends it with the login, and the refresh token is revoked. Otherwise a page that was open
//! may still have it: see [`super::late_revocation`].

use super::{Sessions, attached::sessions_of_key, session::Session};
use crate::{
    server::{
        auth::{dpop::Thumbprint, oidc::Revoked},
        observe::audit::{self, Event},
        store::{SecretHash, StoreError},
    },
    wire::auth::SessionId,
};

impl Sessions {
    /// `previous` is the earlier session that the browser named. It is used only if it is a session of this key, so that
    /// another browser can't end a session with a copied id.
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
            let is_removed = match &opened {
                Some(_) => self.records.remove_session(&name).await?,
                None => self.records.remove_unopened_session(&name).await?,
            };
            if is_removed {
                self.record_replaced(opened);
            }
            self.records.store().remove_member(&index, &name).await?;
        }
        if let Some((_, id)) = previous {
            // It may have been ended from elsewhere meanwhile.
            self.revoke_ended_of(id, key).await?;
        }
        Ok(())
    }

    fn record_replaced(&self, opened: Option<Session>) {
        let (user, refresh_token) = opened.map(|session| (session.user, session.refresh_token)).unzip();
        let reason = match refresh_token.flatten() {
            Some(refresh_token) => {
                self.revoke_in_background(Revoked::Refresh(refresh_token));
                "its refresh token is revoked"
            }
            None => "its refresh token is revoked when a page that still has the session calls",
        };
        audit::record(Event::SessionReplaced, user.as_ref(), Some(&reason));
    }
}
