//! Refresh: at most one call to the provider per session at a time, and all who ask meanwhile get its answer.
//!
//! With rotation, a second call would spend a refresh token that the first has just replaced, and many providers then
//! end the whole grant (RFC 9700 §4.14.2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::{RefreshFailure, SecretHash, Sessions, TOKEN_TYPE};
use crate::{
    server::{
        oidc::{RefreshError, Refreshed},
        proof::{BrowserKey, Thumbprint},
    },
    wire::auth::{RefreshResponse, SessionId},
};

type Outcome = Result<RefreshResponse, RefreshFailure>;

/// Whose refresh it is: a session's, by the browser with this key. Whoever comes with another key shares nothing.
type Claimant = (SecretHash, Thumbprint);

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub(super) struct RefreshesInFlight(Arc<Mutex<HashMap<Claimant, Shared<BoxFuture<'static, Outcome>>>>>);

impl Sessions {
    /// A new access token for the session. All callers that ask while one refresh is under way get the same answer.
    pub async fn refresh_access_token(self: &Arc<Self>, id: &SessionId, key: &BrowserKey) -> Outcome {
        let claimant = (SecretHash::of(id.secret()), key.0.clone());
        let sessions = self.clone();
        self.refreshes.join(claimant.clone(), async move { sessions.refresh(&claimant).await }).await
    }

    async fn refresh(&self, claimant: &Claimant) -> Outcome {
        let outcome = self.refresh_and_store(claimant).await;
        match &outcome {
            Ok(_) => tracing::debug!("access token refreshed"),
            Err(error @ RefreshFailure::SessionEnded(_)) => tracing::info!(%error, "refresh refused"),
            Err(error @ RefreshFailure::OtherBrowser) => tracing::warn!(%error, "refresh refused"),
            Err(error) => tracing::warn!(%error, "refresh failed, session kept"),
        }
        outcome
    }

    async fn refresh_and_store(&self, (key, browser_key): &Claimant) -> Outcome {
        let now = self.environment.now();
        let ended = |reason: &str| RefreshFailure::SessionEnded(reason.into());
        let mut session = self.store.session(key, now).await?.ok_or_else(|| ended("unknown or expired session"))?;
        if !session.browser_key.matches(browser_key) {
            return Err(RefreshFailure::OtherBrowser);
        }
        let refresh_token = session.refresh_token.clone().ok_or_else(|| ended("the provider gave no refresh token"))?;

        let refreshed = match self.oidc.refresh_access_token(&refresh_token, &session.user, &session.login).await {
            Ok(refreshed) => refreshed,
            // The session is undecided, but its refresh token may be spent: the new one is kept, or it is lost.
            Err(error @ RefreshError::Unusable { .. }) => {
                let cause = error.to_string();
                if let RefreshError::Unusable { refresh_token: Some(refresh_token), .. } = error {
                    session.refresh_token = Some(refresh_token);
                    self.store.update_session(key, session).await?;
                }
                return Err(RefreshFailure::ProviderUnavailable(cause));
            }
            Err(RefreshError::Unavailable(cause)) => return Err(RefreshFailure::ProviderUnavailable(cause)),
            Err(error @ (RefreshError::InvalidGrant(_) | RefreshError::InvalidIdToken(_))) => {
                self.store.remove_session(key).await?;
                return Err(ended(&error.to_string()));
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
        session.last_used_at = self.environment.now();
        let user = session.user.clone();
        // Stored before the browser is answered. A logout that came in between stands.
        if !self.store.update_session(key, session).await? {
            return Err(ended("signed out meanwhile"));
        }
        self.remember_access_token(key.clone(), &access_token, expires_in).await?;
        Ok(RefreshResponse { access_token, token_type: TOKEN_TYPE.into(), expires_in: expires_in.as_secs(), user })
    }
}

impl RefreshesInFlight {
    /// Waits for the refresh of this claimant that is under way, or starts `refresh`.
    async fn join(&self, claimant: Claimant, refresh: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
        let shared = {
            let mut refreshes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
            let task = tokio::spawn(async move {
                let _under_way = under_way;
                refresh.await
            });
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
        self.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claimant);
    }
}
