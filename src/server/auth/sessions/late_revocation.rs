//! Revocation of the refresh token of a session that was ended without its id: by the provider, an operator, the person in
//! another browser, the maximum number of sessions, or a sign-in that replaces it (OpenID Connect Back-Channel Logout §2.7).
//!
//! The refresh token is sealed under the session's id, which only its browser has. So the sealed session is kept for as
//! long as its record would have been, under a name by which no other code finds it. When the browser calls once more, with
//! the id and a proof by the session's key, the server opens it and has the refresh token revoked (RFC 7009). Nothing else
//! can be done with it. If the browser does not come back in that time, the store removes it.

use super::{
    Sessions,
    error::SessionKeyError,
    layout::Parts,
    records::{Records, session_name},
    session::Session,
};
use crate::{
    server::{
        auth::{
            dpop::{Thumbprint, VerifiedProof},
            oidc::Revoked,
        },
        observe::audit::{self, Event},
        store::{Kind, Record, RecordName, SecretHash, StoreError},
    },
    wire::auth::SessionId,
};

impl Records {
    /// Keeps the session of this record. A failure is only logged: the end of a session must not fail for it.
    ///
    /// It is sealed once more, with the server's keys. So write access to the store does not suffice to make it a session's
    /// record again.
    pub(super) async fn keep_to_revoke(&self, session: &SecretHash, record: &Record) {
        let name = name(session);
        let kept = async {
            let sealed = self.seal_bytes(&name, &session.to_string(), Parts::of(&record.sealed).session.to_vec())?;
            self.store().put(&name, Record { sealed, revision: 0, ends_at: record.ends_at }).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "the refresh token of an ended session will not be revoked");
        }
    }

    /// Its refresh token was revoked in another way.
    pub(super) async fn remove_to_revoke(&self, session: &SecretHash) {
        if let Err(error) = self.store().remove(&name(session)).await {
            tracing::warn!(%error, "what was kept to revoke a refresh token is not removed; it ends with its time");
        }
    }

    /// The session with this id, if it was ended without the id.
    async fn session_to_revoke(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let session = SecretHash::of(id.secret());
        let name = name(&session);
        let Some(record) = self.store().get(&name, self.now()).await? else { return Ok(None) };
        let Ok(sealed) = self.ring().open(&name, &session.to_string(), &record.sealed) else { return Ok(None) };
        Ok(self.open(&session_name(&session), id.secret(), &sealed))
    }

    /// Returns whether it was there: true for only one of two concurrent callers.
    async fn take_to_revoke(&self, session: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.store().take(&name(session), self.now()).await?.is_some())
    }
}

impl Sessions {
    /// Has the refresh token of the session with this id revoked, if the session was ended without the id, and the proof
    /// is by its key.
    pub(super) async fn revoke_ended(&self, id: &SessionId, proof: VerifiedProof) -> Result<(), SessionKeyError> {
        let Some(session) = self.records.session_to_revoke(id).await? else { return Ok(()) };
        proof.accept(&session.dpop_jkt).await?;
        Ok(self.revoke_kept(id, session).await?)
    }

    /// The same, where a proof by this key was accepted before.
    pub(super) async fn revoke_ended_of(&self, id: &SessionId, key: &Thumbprint) -> Result<(), StoreError> {
        match self.records.session_to_revoke(id).await? {
            Some(session) if session.dpop_jkt.matches(key) => self.revoke_kept(id, session).await,
            _ => Ok(()),
        }
    }

    /// The session as it is stored now; `known` was read before. If it was ended meanwhile without its id, its refresh token is
    /// revoked.
    pub(super) async fn current_session(&self, id: &SessionId, known: &Session) -> Result<Option<Session>, StoreError> {
        let session = self.records.stored_session(id).await?;
        if session.is_none() {
            self.revoke_ended_of(id, &known.dpop_jkt).await?;
        }
        Ok(session)
    }

    /// Has the refresh token of a session revoked that has ended during its refresh. What is kept of it may have an earlier
    /// token, which this one has replaced.
    pub(super) async fn revoke_refreshed(&self, id: &SessionId, session: &mut Session) {
        self.records.remove_to_revoke(&SecretHash::of(id.secret())).await;
        if let Some(refresh_token) = session.refresh_token.take() {
            self.revoke_in_background(Revoked::Refresh(refresh_token));
        }
    }

    async fn revoke_kept(&self, id: &SessionId, session: Session) -> Result<(), StoreError> {
        let name = SecretHash::of(id.secret());
        audit::set_subject(&session.user, &name, &session.dpop_jkt);
        if self.records.take_to_revoke(&name).await?
            && let Some(refresh_token) = session.refresh_token
        {
            self.revoke_in_background(Revoked::Refresh(refresh_token));
            audit::record(Event::EndedSessionRevoked, Some(&session.user), None);
        }
        Ok(())
    }
}

fn name(session: &SecretHash) -> RecordName {
    RecordName { kind: Kind::ToRevoke, hash: session.clone() }
}
