//! Logout by the person (OpenID Connect RP-Initiated Logout §2, RFC 7009) and by the provider (Back-Channel Logout §2).

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{LogoutError, Sessions, error::SessionKeyError, scope::SessionScope, session::Session};
use crate::{
    server::{
        auth::{
            dpop::VerifiedProof,
            oidc::{LogoutTarget, LogoutToken, LogoutTokenError, Revoked},
        },
        observe::audit::{self, Event},
        store::{Kind, RecordName, SecretHash, StoreError},
    },
    wire::auth::{LogoutResponse, SessionId, State, UserClaims},
};

/// How long the response to a logout may be delayed by the provider.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(2);

/// Pauses between retries to end the sessions that a logout token names, where the store failed.
pub(super) const RETRY_AFTER: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
];

/// Why a logout token had no effect.
#[derive(Debug, thiserror::Error)]
pub enum BackChannelError {
    #[error("logout token refused: {0}")]
    Token(#[from] LogoutTokenError),
    #[error("logout token refused: a session of its `sid` is another user's than its `sub`")]
    OtherUser,
    #[error("logout token refused: its `jti` was seen before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// Ends the session, and succeeds if it has ended already (RP-Initiated Logout §4). If the provider does not respond,
    /// the logout still succeeds after [`PROVIDER_TIMEOUT`].
    pub async fn logout(&self, id: &SessionId, proof: VerifiedProof) -> Result<LogoutResponse, LogoutError> {
        let deadline = Instant::now() + PROVIDER_TIMEOUT;
        let session = match self.verify_key(id, proof).await {
            // Read again, as a refresh may have stored another refresh token meanwhile.
            Ok(known) => self.current_session(id, &known).await?,
            Err(SessionKeyError::NoSession) => None,
            // The same response as for an unknown session, so that another browser can't find out whether it exists.
            Err(SessionKeyError::OtherKey) => {
                audit::record(Event::LogoutOtherBrowser, None, None);
                return Ok(LogoutResponse::default());
            }
            Err(SessionKeyError::Proof(challenge)) => return Err(LogoutError::Proof(challenge)),
            Err(SessionKeyError::Store(error)) => return Err(error.into()),
        };
        // Even if the record could not be opened, as its access tokens have to end.
        let name = SecretHash::of(id.secret());
        if self.records.remove_session(&name).await? {
            audit::record(Event::LogoutSucceeded, session.as_ref().map(|session| &session.user), None);
        }
        let Some(mut session) = session else { return Ok(LogoutResponse::default()) };
        // Somebody else may have ended the session since it was read.
        self.records.remove_to_revoke(&name).await;
        let revocation = session.refresh_token.take().map(|token| self.revoke_in_background(Revoked::Refresh(token)));
        let response = timeout_at(deadline, self.end_session_redirect(&session)).await.unwrap_or_default();
        if let Some(revocation) = revocation {
            // The task continues in the background after the timeout.
            let _ = timeout_at(deadline, revocation).await;
        }
        Ok(response)
    }

    /// Ends the sessions that the logout token names (OpenID Connect Back-Channel Logout §2.7).
    pub async fn follow_logout_token(self: &Arc<Self>, token: &str) -> Result<(), BackChannelError> {
        let token = self.oidc.verify_logout_token(token).await?;
        self.refuse_replay(&token).await?;
        let outcome = self.end_named_sessions(&token).await;
        if matches!(outcome, Err(BackChannelError::Store(_))) {
            self.retry_in_background(token);
        }
        outcome
    }

    /// Back-Channel Logout §2.6, step 8. The `jti` is in the store, so that no replica accepts the token again.
    async fn refuse_replay(&self, token: &LogoutToken) -> Result<(), BackChannelError> {
        let name = self.jti_name(token);
        match self.records.store().is_used(&name, self.environment.now()).await? {
            true => Err(BackChannelError::Replayed),
            false => Ok(()),
        }
    }

    /// The `jti` is consumed last, so that the provider can send the token again after a failure. Ending a session twice
    /// does no harm. Of two concurrent requests with the same token, the second one is refused as a replay.
    async fn end_named_sessions(&self, token: &LogoutToken) -> Result<(), BackChannelError> {
        let iss = self.oidc.issuer().to_owned();
        let (scopes, user, by) = match token.target.clone() {
            LogoutTarget::User(sub) => {
                (vec![SessionScope::User { iss: iss.clone(), sub: sub.clone() }], Some(sub), "sub")
            }
            LogoutTarget::ProviderSession { sid, sub: None } => {
                (vec![SessionScope::ProviderSession { iss: iss.clone(), sid }], None, "sid")
            }
            LogoutTarget::ProviderSession { sid, sub: Some(sub) } => {
                let provider_session = SessionScope::ProviderSession { iss: iss.clone(), sid };
                let user = SessionScope::User { iss: iss.clone(), sub: sub.clone() };
                if self.records.has_session_of_another_user(&provider_session, &user).await? {
                    return Err(BackChannelError::OtherUser);
                }
                // Sessions whose ID token had no `sid` may belong to this session of the provider.
                let without_sid = SessionScope::UserWithoutSid { iss: iss.clone(), sub: sub.clone() };
                (vec![provider_session, without_sid], Some(sub), "sid and sub")
            }
        };
        let mut sessions = 0;
        for scope in &scopes {
            sessions += self.records.end_all(scope, None).await?;
        }
        let name = self.jti_name(token);
        if !self.records.store().consume(&name, token.jti_expires_at, self.environment.now()).await? {
            return Err(BackChannelError::Replayed);
        }
        let event = if sessions == 0 { Event::BackChannelLogoutOfNothing } else { Event::BackChannelLogout };
        let user = user.map(|sub| UserClaims::known_by(iss, sub));
        audit::record(event, user.as_ref(), Some(&format_args!("{sessions} sessions, by {by}")));
        Ok(())
    }

    fn jti_name(&self, token: &LogoutToken) -> RecordName {
        RecordName::of(Kind::UsedLogoutToken, &format!("{} {}", self.oidc.issuer(), token.jti))
    }

    /// Has the provider revoke a token.
    pub(super) fn revoke_in_background(&self, token: Revoked) -> tokio::task::JoinHandle<()> {
        let oidc = self.oidc.clone();
        self.refreshes.spawn(async move { oidc.revoke(&token).await })
    }

    /// Where to send the browser to end the provider's session, and the `state` that it returns with.
    async fn end_session_redirect(&self, session: &Session) -> LogoutResponse {
        let logout_url =
            || LogoutResponse { end_session_url: self.oidc.logout_url().map(ToString::to_string), state: None };
        let Ok(state) = self.environment.random_text().map(State::new) else { return logout_url() };
        match self.oidc.end_session_url(&session.id_token, &state).await {
            Ok(Some(url)) => LogoutResponse { end_session_url: Some(url.into()), state: Some(state) },
            Ok(None) => logout_url(),
            Err(error) => {
                tracing::warn!(%error, "the provider's session was not ended");
                logout_url()
            }
        }
    }

    /// Retries, as the provider may not send the token again. Stops if another request has processed it meanwhile.
    fn retry_in_background(self: &Arc<Self>, token: LogoutToken) {
        let sessions = self.clone();
        tokio::spawn(audit::in_context(async move {
            for pause in RETRY_AFTER {
                tokio::time::sleep(pause).await;
                let retry = async {
                    sessions.refuse_replay(&token).await?;
                    sessions.end_named_sessions(&token).await
                };
                match retry.await {
                    Err(BackChannelError::Store(_)) => {}
                    Ok(()) | Err(_) => return,
                }
            }
            tracing::error!("sessions that the provider has ended could not be ended here");
        }));
    }
}
