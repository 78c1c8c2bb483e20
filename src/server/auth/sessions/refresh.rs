//! Refresh: at most one request to the provider per session at a time, and all concurrent callers get its result.
//!
//! With refresh token rotation, a second request would send a token that the first has just replaced, and many providers
//! then revoke the whole grant (RFC 9700 §4.14.2). Within this process, concurrent callers share one future. Replicas take
//! a lock, and those that get it later find the first one's response in the session.
//!
//! `tests/models/refresh` is a model of these steps, which is checked for every order of them and of their faults.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    RefreshFailure, Sessions, TOKEN_TYPE, client_expires_in,
    refresh_lock::RefreshLock,
    session::{Expiry, LastRefresh, REPLAY_WINDOW, Session},
};
use crate::{
    server::{
        auth::{
            dpop::VerifiedProof,
            oidc::{RefreshError, RefreshToken, Refreshed, Revoked},
        },
        observe::audit::{self, Event},
        store::{Kind, LockOwner, RecordName, SecretHash, StoreError},
    },
    wire::auth::{AccessToken, RefreshRequest, RefreshResponse, SessionId},
};

pub(super) type Outcome = Result<Refresh, RefreshFailure>;

/// A successful refresh.
#[derive(Clone)]
pub(super) struct Refresh {
    response: RefreshResponse,
    /// When the person was last active, as stored in the session now.
    last_used_at: SystemTime,
}

impl Sessions {
    /// Returns a new access token for the session. Requests during a refresh, and within [`REPLAY_WINDOW`] after it, get
    /// the same response.
    pub async fn refresh_access_token(
        self: &Arc<Self>,
        request: RefreshRequest,
        proof: VerifiedProof,
    ) -> Result<RefreshResponse, RefreshFailure> {
        let RefreshRequest { session: id, idle_seconds, session_revision } = request;
        let session = self.verified_session(&id, proof, session_revision).await.inspect_err(RefreshFailure::record)?;
        // Without it, the person counts as active now.
        let idle = Duration::from_secs(idle_seconds.unwrap_or_default());
        let used_at = self.environment.now().checked_sub(idle).unwrap_or(UNIX_EPOCH);
        loop {
            let refresh_id = (SecretHash::of(id.secret()), session.dpop_jkt.clone());
            let (sessions, id, session) = (self.clone(), id.clone(), session.clone());
            let refresh = audit::in_context(async move { sessions.refresh(&id, &session, used_at).await });
            let refreshed = self.refreshes.join(refresh_id, refresh).await?;
            // Otherwise the refresh was in flight for another tab, which did not report this activity: try again.
            if !is_later_activity(used_at, refreshed.last_used_at) {
                return Ok(refreshed.response);
            }
        }
    }

    async fn verified_session(
        &self,
        id: &SessionId,
        proof: VerifiedProof,
        seen_revision: Option<u64>,
    ) -> Result<Session, RefreshFailure> {
        let session = self.verify_key(id, proof).await?;
        self.refuse_rolled_back(id, &session, seen_revision.unwrap_or_default()).await?;
        Ok(session)
    }

    async fn refresh(&self, id: &SessionId, session: &Session, used_at: SystemTime) -> Outcome {
        let outcome = self.replay_or_refresh(id, session, used_at).await;
        match &outcome {
            Ok(refreshed) => audit::record(Event::RefreshSucceeded, Some(&refreshed.response.user), None),
            Err(error) => error.record(),
        }
        outcome
    }

    /// `session` was read before the lock was taken, which suffices to repeat the last response. For everything else it is
    /// read again under the lock.
    async fn replay_or_refresh(&self, id: &SessionId, session: &Session, used_at: SystemTime) -> Outcome {
        let is_live = session.expiry(self.environment.now()).is_none();
        if is_live
            && !is_later_activity(used_at, session.last_used_at)
            && let Some(response) = self.replayed(session).await?
        {
            return Ok(response);
        }
        self.refresh_locked(id, session, used_at).await
    }

    /// Under the lock, so that only one replica refreshes at a time and each reads what the previous one has written.
    async fn refresh_locked(&self, id: &SessionId, known: &Session, used_at: SystemTime) -> Outcome {
        let name = RecordName::of(Kind::RefreshLock, id.secret());
        let owner = LockOwner(self.environment.random_text()?);
        let lock = RefreshLock::acquire(self.records.store().clone(), name, owner).await?;
        lock.hold(async {
            let mut session = self.live_session(id, known).await?;
            let is_later = is_later_activity(used_at, session.last_used_at);
            session.last_used_at = session.last_used_at.max(used_at);
            session.idle_timeout = self.settings.limits.idle_timeout;
            match self.replayed(&session).await? {
                Some(mut refresh) if is_later => {
                    session.revision += 1;
                    self.store_or_revoke(id, &mut session).await?;
                    refresh.response.session_revision = Some(session.revision);
                    Ok(refresh)
                }
                Some(refresh) => Ok(refresh),
                None => self.refresh_and_store(id, session, &lock).await,
            }
        })
        .await
    }

    /// The session as it is stored now; `known` was read before.
    async fn live_session(&self, id: &SessionId, known: &Session) -> Result<Session, RefreshFailure> {
        let session = self.current_session(id, known).await?.ok_or_else(|| ended("unknown or expired session"))?;
        if !session.dpop_jkt.matches(&known.dpop_jkt) {
            return Err(RefreshFailure::OtherBrowser);
        }
        self.refuse_rolled_back(id, &session, known.revision).await?;
        match session.expiry(self.environment.now()) {
            None => Ok(session),
            Some(expiry) => Err(self.end_expired(id, session, expiry).await?),
        }
    }

    /// Ends an expired session, even if the browser reports activity. No new access token is requested.
    async fn end_expired(
        &self,
        id: &SessionId,
        mut session: Session,
        expiry: Expiry,
    ) -> Result<RefreshFailure, StoreError> {
        if self.records.remove_unchanged_session(id, &session).await? {
            audit::record(Event::SessionExpired, Some(&session.user), Some(&expiry.reason()));
        } else if self.records.stored_session(id).await?.is_some() {
            // Another replica has refreshed it, and has another refresh token.
            return Ok(ended(expiry.reason()));
        }
        self.revoke_refreshed(id, &mut session).await;
        Ok(ended(expiry.reason()))
    }

    /// The response to the last refresh, if it may be repeated and its access token is still valid here.
    async fn replayed(&self, session: &Session) -> Result<Option<Refresh>, StoreError> {
        let Some(last) = &session.last_refresh else { return Ok(None) };
        let now = self.environment.now();
        let Some(expires_in) = last.replayable(now) else { return Ok(None) };
        let known = self.records.issued_token(&last.access_token, &session.dpop_jkt).await?;
        if known.is_none_or(|(_, issued)| issued.expires_at <= now) {
            return Ok(None);
        }
        self.response(session, last.access_token.clone(), expires_in).map(Some)
    }

    async fn refresh_and_store(&self, id: &SessionId, mut session: Session, lock: &RefreshLock) -> Outcome {
        let refresh_token = session.refresh_token.clone().ok_or_else(|| ended("the provider gave no refresh token"))?;
        let refreshed = match self.request_access_token(&session, &refresh_token, lock).await? {
            Ok(refreshed) => refreshed,
            // The response could not be used, but it may have replaced the refresh token: store the new one.
            Err(
                error @ (RefreshError::Unusable { .. }
                | RefreshError::AccessTokenTooLong { .. }
                | RefreshError::NotBound { .. }),
            ) => {
                let cause = error.to_string();
                let failure = match &error {
                    RefreshError::AccessTokenTooLong { .. } => RefreshFailure::AccessTokenTooLong(cause),
                    _ => RefreshFailure::ProviderUnavailable(cause),
                };
                if let RefreshError::NotBound { access_token, .. } = &error {
                    self.revoke_in_background(Revoked::Access(access_token.clone()));
                }
                if let RefreshError::Unusable { refresh_token: Some(refresh_token), .. }
                | RefreshError::AccessTokenTooLong { refresh_token: Some(refresh_token), .. }
                | RefreshError::NotBound { refresh_token: Some(refresh_token), .. } = error
                {
                    session.refresh_token = Some(refresh_token);
                    session.revision += 1;
                    self.store_or_revoke(id, &mut session).await?;
                }
                return Err(failure);
            }
            Err(RefreshError::Unavailable(cause)) => return Err(RefreshFailure::ProviderUnavailable(cause)),
            Err(RefreshError::ClientRefused(cause)) => return Err(RefreshFailure::ClientRefused(cause)),
            Err(error @ (RefreshError::InvalidGrant(_) | RefreshError::InvalidIdToken { .. })) => {
                return match self.records.remove_unchanged_session(id, &session).await? {
                    true => {
                        audit::record(Event::SessionEndedByProvider, Some(&session.user), Some(&error));
                        Err(self.refused(error))
                    }
                    // Either another replica had taken over the lock and refreshed the session first: repeat its
                    // response. Or the session was ended meanwhile: revoke the refresh token that was issued for it.
                    false => {
                        let response = self.response_of_another(id, &session).await;
                        if matches!(response, Err(RefreshFailure::SessionEnded(_))) {
                            let _ = self.refused(error);
                        }
                        response
                    }
                };
            }
        };
        let Refreshed { access_token, refresh_token, id_token, scope, roles, session_expiry, proof_key, .. } =
            refreshed;
        let now = self.environment.now();
        if let Some(end) = session_expiry {
            session.ends_at = end.min(session.latest_end);
        }
        if let Some(expiry) = session.expiry(now).filter(|expiry| *expiry == Expiry::Lifetime) {
            // The revision stays that of the stored session, as only that one can be removed.
            session.refresh_token = refresh_token.or(session.refresh_token);
            return Err(self.end_expired(id, session, expiry).await?);
        }
        // RFC 6749 §6: a new refresh token replaces the old one; without a new one, the old one stays.
        if let Some(refresh_token) = refresh_token {
            session.refresh_token = Some(refresh_token);
        }
        if let Some(id_token) = id_token {
            session.id_token = id_token;
        }
        // A session whose token is a bearer token this time keeps its key: the next one may be bound again.
        session.proof_key = proof_key.clone().or(session.proof_key);
        session.permissions = session.permissions.refreshed(scope, roles);
        let expires_in = client_expires_in(&session, refreshed.expires_in, now);
        session.revision += 1;
        session.last_refresh = Some(LastRefresh { access_token: access_token.clone(), at: now, expires_in });
        let token_name = self.attach_access_token(&mut session, &access_token, expires_in).await;
        // Stored before the response is sent.
        self.store_or_revoke(id, &mut session).await?;
        self.store_access_token(id, &session, &token_name, (&access_token, proof_key.as_ref()), expires_in).await?;
        // If the session was ended since it was stored, the new tokens were not ended with it.
        if !self.records.session_lives(&SecretHash::of(id.secret())).await? {
            self.records.remove_token(&token_name).await;
            self.revoke_refreshed(id, &mut session).await;
            return Err(ended("signed out meanwhile"));
        }
        Ok(self.response(&session, access_token, expires_in)?)
    }

    /// Calls the provider, unless the lock was lost: another replica may have used this refresh token meanwhile.
    async fn request_access_token(
        &self,
        session: &Session,
        refresh_token: &RefreshToken,
        lock: &RefreshLock,
    ) -> Result<Result<Refreshed, RefreshError>, RefreshFailure> {
        // First, as it may take longer than the lease.
        if let Err(error) = self.oidc.prepare_refresh().await {
            return Ok(Err(error));
        }
        lock.confirm().await?;
        let Session { user, login, proof_key, .. } = session;
        Ok(self.oidc.refresh_access_token(refresh_token, user, login, proof_key.as_ref()).await)
    }

    fn response(
        &self,
        session: &Session,
        access_token: AccessToken,
        expires_in: Duration,
    ) -> Result<Refresh, StoreError> {
        let response = RefreshResponse {
            access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in: expires_in.as_secs(),
            idle_timeout: session.idle_timeout.as_secs(),
            session_expires_in: session.remaining(self.environment.now()).as_secs(),
            draft_key: self.records.draft_key(&session.user)?,
            session_revision: Some(session.revision),
            user: session.user.clone(),
        };
        Ok(Refresh { response, last_used_at: session.last_used_at })
    }

    fn refused(&self, error: RefreshError) -> RefreshFailure {
        let cause = error.to_string();
        match error {
            RefreshError::InvalidIdToken { refresh_token, .. } => {
                if let Some(refresh_token) = refresh_token {
                    self.revoke_in_background(Revoked::Refresh(refresh_token));
                }
                RefreshFailure::IdTokenRefused(cause)
            }
            _ => ended(&cause),
        }
    }

    async fn response_of_another(&self, id: &SessionId, known: &Session) -> Outcome {
        let response = self.replayed(&self.live_session(id, known).await?).await?;
        response.ok_or_else(|| RefreshFailure::NoTurn("the session was refreshed elsewhere".into()))
    }
}

/// Whether this activity has to be stored. Not if it is less than [`REPLAY_WINDOW`] after the stored one.
fn is_later_activity(used_at: SystemTime, last_used_at: SystemTime) -> bool {
    last_used_at + REPLAY_WINDOW < used_at
}

pub(super) fn ended(reason: &str) -> RefreshFailure {
    RefreshFailure::SessionEnded(reason.into())
}
