//! Refresh: at most one call to the provider per session at a time, and all who ask meanwhile get its answer.
//!
//! With rotation, a second call would spend a refresh token that the first has just replaced, and many providers then
//! end the whole grant (RFC 9700 §4.14.2). Within this process the callers share one future; across replicas they take
//! turns by a lock, and those who come later find the first one's answer in the session.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    RefreshFailure, Sessions, TOKEN_TYPE,
    refresh_lock::RefreshLock,
    session::{Expiry, LastRefresh, REPLAY_WINDOW, Session},
    told_lifetime,
};
use crate::{
    server::{
        auth::{
            dpop::{Thumbprint, VerifiedProof},
            oidc::{RefreshError, Refreshed},
        },
        observe::audit::{self, Event},
        store::{Kind, LockOwner, RecordName, SecretHash, StoreError},
    },
    wire::auth::{AccessToken, RefreshResponse, SessionId},
};

pub(super) type Outcome = Result<Answered, RefreshFailure>;

/// A refresh that brought an access token.
#[derive(Clone)]
pub(super) struct Answered {
    response: RefreshResponse,
    /// When the person last did something, as the session has it now.
    last_used_at: SystemTime,
}

/// What the provider has given must not be lost: the store is asked again for as long, and the lock is held meanwhile.
const STORE_AGAIN_AFTER: [Duration; 10] = [
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
    /// A new access token for the session. All callers that ask while one refresh is under way get the same answer, and
    /// so do those who ask within [`super::REPLAY_WINDOW`]. `idle_seconds` is how long ago the person last did something;
    /// a caller that does not say so is in use.
    pub async fn refresh_access_token(
        self: &Arc<Self>,
        id: &SessionId,
        proof: VerifiedProof,
        idle_seconds: Option<u64>,
    ) -> Result<RefreshResponse, RefreshFailure> {
        let verified = self.verify_key(id, proof).await.map_err(RefreshFailure::from);
        let key = verified.inspect_err(RefreshFailure::record)?.thumbprint().clone();
        let idle = Duration::from_secs(idle_seconds.unwrap_or_default());
        let used_at = self.environment.now().checked_sub(idle).unwrap_or(UNIX_EPOCH);
        loop {
            let claimant = (SecretHash::of(id.secret()), key.clone());
            let (sessions, id, key) = (self.clone(), id.clone(), key.clone());
            let refresh = audit::in_context(async move { sessions.refresh(&id, &key, used_at).await });
            let answered = self.refreshes.join(claimant, refresh).await?;
            // One that was under way was for another tab, which had not seen this activity.
            if !is_news(used_at, answered.last_used_at) {
                return Ok(answered.response);
            }
        }
    }

    async fn refresh(&self, id: &SessionId, key: &Thumbprint, used_at: SystemTime) -> Outcome {
        let outcome = self.refresh_in_turn(id, key, used_at).await;
        match &outcome {
            Ok(answered) => audit::record(Event::RefreshSucceeded, Some(&answered.response.user), None),
            Err(error) => error.record(),
        }
        outcome
    }

    /// Across replicas: one at a time, and each reads what the one before has written.
    async fn refresh_in_turn(&self, id: &SessionId, key: &Thumbprint, used_at: SystemTime) -> Outcome {
        let session = self.session_of(id, key).await?;
        if !is_news(used_at, session.last_used_at)
            && let Some(answer) = self.replayed(&session).await?
        {
            return Ok(answer);
        }
        let name = RecordName::of(Kind::RefreshLock, id.secret());
        let owner = LockOwner(self.environment.random_text()?);
        let lock = RefreshLock::acquire(self.records.store().clone(), name, owner).await?;
        lock.hold(async {
            // Read again: the one before may have refreshed it, or ended it.
            let mut session = self.session_of(id, key).await?;
            let is_news = is_news(used_at, session.last_used_at);
            session.last_used_at = session.last_used_at.max(used_at);
            session.idle_timeout = self.settings.limits.idle_timeout;
            match self.replayed(&session).await? {
                Some(answer) if is_news => {
                    session.revision += 1;
                    self.keep_refreshed(id, &mut session).await?;
                    Ok(answer)
                }
                Some(answer) => Ok(answer),
                None => self.refresh_and_store(id, session).await,
            }
        })
        .await
    }

    async fn session_of(&self, id: &SessionId, key: &Thumbprint) -> Result<Session, RefreshFailure> {
        let session = self.records.stored_session(id).await?.ok_or_else(|| ended("unknown or expired session"))?;
        if !session.browser_key.matches(key) {
            return Err(RefreshFailure::OtherBrowser);
        }
        match session.expiry(self.environment.now()) {
            None => Ok(session),
            Some(expiry) => Err(self.end_expired(id, session, expiry).await?),
        }
    }

    /// What has ended stays ended, whatever the browser says of its person: the provider is not asked.
    async fn end_expired(
        &self,
        id: &SessionId,
        mut session: Session,
        expiry: Expiry,
    ) -> Result<RefreshFailure, StoreError> {
        if self.records.remove_unchanged_session(id, &session).await? {
            audit::record(Event::SessionExpired, Some(&session.user), Some(&expiry.reason()));
            if let Some(refresh_token) = session.refresh_token.take() {
                self.revoke_in_background(refresh_token);
            }
        }
        Ok(ended(expiry.reason()))
    }

    /// The last refresh's answer, where that may be given again and its access token is still good here.
    async fn replayed(&self, session: &Session) -> Result<Option<Answered>, StoreError> {
        let Some(last) = &session.last_refresh else { return Ok(None) };
        let now = self.environment.now();
        let Some(expires_in) = last.replayable(now) else { return Ok(None) };
        let known = self.records.issued_token(&last.access_token, &session.browser_key).await?;
        if known.is_none_or(|(_, issued)| issued.expires_at <= now) {
            return Ok(None);
        }
        self.answered(session, last.access_token.clone(), expires_in).map(Some)
    }

    async fn refresh_and_store(&self, id: &SessionId, mut session: Session) -> Outcome {
        let refresh_token = session.refresh_token.clone().ok_or_else(|| ended("the provider gave no refresh token"))?;
        let refreshed = match self.oidc.refresh_access_token(&refresh_token, &session.user, &session.login).await {
            Ok(refreshed) => refreshed,
            // The session is undecided, but its refresh token may be spent: the new one is kept, or it is lost.
            Err(error @ RefreshError::Unusable { .. }) => {
                let cause = error.to_string();
                if let RefreshError::Unusable { refresh_token: Some(refresh_token), .. } = error {
                    session.refresh_token = Some(refresh_token);
                    session.revision += 1;
                    self.keep_refreshed(id, &mut session).await?;
                }
                return Err(RefreshFailure::ProviderUnavailable(cause));
            }
            Err(RefreshError::Unavailable(cause)) => return Err(RefreshFailure::ProviderUnavailable(cause)),
            Err(error @ (RefreshError::InvalidGrant(_) | RefreshError::InvalidIdToken { .. })) => {
                return match self.records.remove_unchanged_session(id, &session).await? {
                    true => {
                        audit::record(Event::SessionEndedByProvider, Some(&session.user), Some(&error));
                        Err(self.refused(error))
                    }
                    // Another replica thought that the lock was its own, and was quicker: its answer is everybody's. Or
                    // the session is over, and what came for it with it.
                    false => {
                        let answer = self.answer_of_another(id, &session.browser_key).await;
                        if matches!(answer, Err(RefreshFailure::SessionEnded(_))) {
                            let _ = self.refused(error);
                        }
                        answer
                    }
                };
            }
        };
        let Refreshed { access_token, expires_in, refresh_token, id_token, scope, roles, session_expiry } = refreshed;
        let now = self.environment.now();
        if let Some(end) = session_expiry {
            session.ends_at = end.min(session.latest_end);
        }
        if let Some(expiry) = session.expiry(now).filter(|expiry| *expiry == Expiry::Lifetime) {
            // Of the revision that was read: another one would not be removed.
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
        session.permissions = session.permissions.refreshed(scope, roles);
        let told = told_lifetime(&session, expires_in, now);
        session.revision += 1;
        session.last_refresh = Some(LastRefresh { access_token: access_token.clone(), at: now, expires_in: told });
        let token_name = self.attach_access_token(&mut session, &access_token, told).await;
        // Before the browser is answered.
        self.keep_refreshed(id, &mut session).await?;
        self.remember_access_token(id, &session, &token_name, &access_token, told).await?;
        // Whoever ended it since did not find the access token yet, and had an older refresh token.
        if !self.records.session_lives(&SecretHash::of(id.secret())).await? {
            self.records.remove_token(&token_name).await;
            if let Some(refresh_token) = session.refresh_token.take() {
                self.revoke_in_background(refresh_token);
            }
            return Err(ended("signed out meanwhile"));
        }
        Ok(self.answered(&session, access_token, told)?)
    }

    fn answered(
        &self,
        session: &Session,
        access_token: AccessToken,
        expires_in: Duration,
    ) -> Result<Answered, StoreError> {
        let response = RefreshResponse {
            access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in: expires_in.as_secs(),
            idle_timeout: session.idle_timeout.as_secs(),
            session_expires_in: session.remaining(self.environment.now()).as_secs(),
            draft_key: self.records.draft_key(&session.user)?,
            user: session.user.clone(),
        };
        Ok(Answered { response, last_used_at: session.last_used_at })
    }

    fn refused(&self, error: RefreshError) -> RefreshFailure {
        let cause = error.to_string();
        match error {
            RefreshError::InvalidIdToken { refresh_token, .. } => {
                if let Some(refresh_token) = refresh_token {
                    self.revoke_in_background(refresh_token);
                }
                RefreshFailure::IdTokenRefused(cause)
            }
            _ => ended(&cause),
        }
    }

    async fn answer_of_another(&self, id: &SessionId, key: &Thumbprint) -> Outcome {
        let answer = self.replayed(&self.session_of(id, key).await?).await?;
        answer.ok_or_else(|| RefreshFailure::NoTurn("the session was refreshed elsewhere".into()))
    }

    /// Stores it. A logout that came in between stands: then the provider has given a refresh token that nobody keeps,
    /// and is told so (RFC 7009). Where another replica refreshed it in between, it is not: with one token, many
    /// providers revoke all of the same login.
    async fn keep_refreshed(&self, id: &SessionId, session: &mut Session) -> Result<(), RefreshFailure> {
        if self.store_refreshed(id, session).await? {
            return Ok(());
        }
        if self.records.session(id).await?.is_some() {
            return Err(RefreshFailure::NoTurn("the session was refreshed elsewhere".into()));
        }
        if let Some(refresh_token) = session.refresh_token.take() {
            self.revoke_in_background(refresh_token);
        }
        Err(ended("signed out meanwhile"))
    }

    /// Tells whether it was stored. The old refresh token is spent at the provider, so a store that is away for a moment
    /// is waited for.
    async fn store_refreshed(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        for pause in STORE_AGAIN_AFTER {
            match self.records.replace_session(id, session).await {
                Ok(true) => return Ok(true),
                // It may have been stored by a try whose answer was lost.
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

/// Whether this activity is worth writing down: within the window, each refresh is the last one's answer again.
fn is_news(used_at: SystemTime, last_used_at: SystemTime) -> bool {
    last_used_at + REPLAY_WINDOW < used_at
}

fn ended(reason: &str) -> RefreshFailure {
    RefreshFailure::SessionEnded(reason.into())
}
