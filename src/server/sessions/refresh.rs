//! Refresh: at most one call to the provider per session at a time, and all who ask meanwhile get its answer.
//!
//! With rotation, a second call would spend a refresh token that the first has just replaced, and many providers then
//! end the whole grant (RFC 9700 §4.14.2). Within this process the callers share one future; across replicas they take
//! turns by a lock, and those who come later find the first one's answer in the session.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use tracing::Instrument;

use super::{
    RefreshFailure, Sessions, TOKEN_TYPE,
    refresh_lock::RefreshLock,
    session::{IDLE_LIFETIME, LastRefresh, Session},
    store::{Kind, LockOwner, RecordName, SecretHash, StoreError},
    told_lifetime,
};
use crate::{
    server::{
        audit::{self, Event},
        oidc::{RefreshError, Refreshed},
        proof::{Thumbprint, VerifiedProof},
    },
    wire::auth::{AccessToken, RefreshResponse, SessionId},
};

type Outcome = Result<RefreshResponse, RefreshFailure>;

/// Whose refresh it is: a session's, by the browser with this key. Whoever comes with another key shares nothing.
type Claimant = (SecretHash, Thumbprint);

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

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub(super) struct RefreshesInFlight {
    by_claimant: Arc<Mutex<HashMap<Claimant, Shared<BoxFuture<'static, Outcome>>>>>,
    tasks: TaskTracker,
}

impl Sessions {
    /// A new access token for the session. All callers that ask while one refresh is under way get the same answer, and
    /// so do those who ask within [`super::REPLAY_WINDOW`].
    pub async fn refresh_access_token(self: &Arc<Self>, id: &SessionId, proof: VerifiedProof) -> Outcome {
        let verified = self.verify_key(id, proof).await.map_err(RefreshFailure::from);
        let key = verified.inspect_err(RefreshFailure::record)?.thumbprint().clone();
        let claimant = (SecretHash::of(id.secret()), key.clone());
        let (sessions, id) = (self.clone(), id.clone());
        let refresh = audit::in_context(async move { sessions.refresh(&id, &key).await });
        self.refreshes.join(claimant, refresh).await
    }

    async fn refresh(&self, id: &SessionId, key: &Thumbprint) -> Outcome {
        let outcome = self.refresh_in_turn(id, key).await;
        match &outcome {
            Ok(answer) => audit::record(Event::RefreshSucceeded, Some(&answer.user), None),
            Err(error) => error.record(),
        }
        outcome
    }

    /// Across replicas: one at a time, and whoever comes after reads what the one before has written.
    async fn refresh_in_turn(&self, id: &SessionId, key: &Thumbprint) -> Outcome {
        if let Some(answer) = self.replayed(&self.session_of(id, key).await?).await? {
            return Ok(answer);
        }
        let name = RecordName::of(Kind::RefreshLock, id.secret());
        let owner = LockOwner(self.environment.random_text()?);
        let lock = RefreshLock::acquire(self.records.store().clone(), name, owner).await?;
        lock.hold(async {
            // Read again: the one before may have refreshed it, or ended it.
            let session = self.session_of(id, key).await?;
            match self.replayed(&session).await? {
                Some(answer) => Ok(answer),
                None => self.refresh_and_store(id, session).await,
            }
        })
        .await
    }

    async fn session_of(&self, id: &SessionId, key: &Thumbprint) -> Result<Session, RefreshFailure> {
        let session = self.records.session(id).await?.ok_or_else(|| ended("unknown or expired session"))?;
        match session.browser_key.matches(key) {
            true => Ok(session),
            false => Err(RefreshFailure::OtherBrowser),
        }
    }

    /// The last refresh's answer, where that may be given again and its access token is still good here.
    async fn replayed(&self, session: &Session) -> Result<Option<RefreshResponse>, StoreError> {
        let Some(last) = &session.last_refresh else { return Ok(None) };
        let now = self.environment.now();
        let Some(expires_in) = last.replayable(now) else { return Ok(None) };
        let known = self.records.issued_token(&last.access_token).await?.filter(|issued| now < issued.expires_at);
        if known.is_none() {
            return Ok(None);
        }
        self.response(session, last.access_token.clone(), expires_in).map(Some)
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
        let Refreshed { access_token, expires_in, refresh_token, id_token, scope, roles } = refreshed;
        // RFC 6749 §6: a new refresh token replaces the old one; without a new one, the old one stays.
        if let Some(refresh_token) = refresh_token {
            session.refresh_token = Some(refresh_token);
        }
        if let Some(id_token) = id_token {
            session.id_token = id_token;
        }
        session.permissions = session.permissions.refreshed(scope, roles);
        let now = self.environment.now();
        let told = told_lifetime(&session, expires_in);
        session.revision += 1;
        session.last_used_at = now;
        session.last_refresh = Some(LastRefresh { access_token: access_token.clone(), at: now, expires_in: told });
        // Before the browser is answered.
        self.keep_refreshed(id, &mut session).await?;
        self.remember_access_token(id, &session, &access_token, told).await?;
        Ok(self.response(&session, access_token, told)?)
    }

    fn response(
        &self,
        session: &Session,
        access_token: AccessToken,
        expires_in: Duration,
    ) -> Result<RefreshResponse, StoreError> {
        Ok(RefreshResponse {
            access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in: expires_in.as_secs(),
            idle_timeout: IDLE_LIFETIME.as_secs(),
            session_expires_in: session.remaining(self.environment.now()).as_secs(),
            draft_key: self.records.draft_key(&session.user)?,
            user: session.user.clone(),
        })
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

fn ended(reason: &str) -> RefreshFailure {
    RefreshFailure::SessionEnded(reason.into())
}

impl RefreshesInFlight {
    /// Something that belongs to a session's end, to be waited for like a refresh.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tasks.spawn(task)
    }

    /// Returns once none is under way.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits for the refresh of this claimant that is under way, or starts `refresh`.
    async fn join(&self, claimant: Claimant, refresh: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
        let shared = {
            let mut refreshes = self.by_claimant.lock().unwrap_or_else(PoisonError::into_inner);
            refreshes.entry(claimant.clone()).or_insert_with(|| self.start(claimant, refresh)).clone()
        };
        shared.await
    }

    /// In a task of its own: the new refresh token must be stored even if the browser that asked has gone. The task is
    /// started by the first to wait for it, with the list unlocked.
    fn start(
        &self,
        claimant: Claimant,
        refresh: impl Future<Output = Outcome> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Outcome>> {
        let refreshes = self.clone();
        async move {
            let under_way = UnderWay { refreshes, claimant };
            let task = under_way.refreshes.tasks.clone().spawn(
                async move {
                    let _under_way = under_way;
                    refresh.await
                }
                .in_current_span(),
            );
            task.await.unwrap_or(Err(RefreshFailure::Lost))
        }
        .boxed()
        .shared()
    }
}

/// Takes the refresh out of the list when it is over, even by a panic.
struct UnderWay {
    refreshes: RefreshesInFlight,
    claimant: Claimant,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.refreshes.by_claimant.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claimant);
    }
}
