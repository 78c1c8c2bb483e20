//! Logout by the person: here first, then at the provider (OpenID Connect RP-Initiated Logout §2, RFC 7009).

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{LogoutError, Sessions, ends::Ended, error::SessionKeyError, session::Session};
use crate::{
    server::{
        auth::{
            dpop::VerifiedProof,
            oidc::{Ends, LogoutToken, LogoutTokenError, RefreshToken},
        },
        observe::audit::{self, Event},
        store::{Kind, RecordName, SecretHash, StoreError},
    },
    wire::auth::{LogoutResponse, SessionId, State, UserClaims},
};

/// Nobody is kept waiting longer for what the provider has to say.
const LONGEST_FAREWELL: Duration = Duration::from_secs(2);

/// Waits between tries to end what a logout token has named, when the store has failed half-way.
const FOLLOW_AGAIN_AFTER: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
];

/// Why a logout token was not followed.
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
    /// Ends the session, if it still is there: logging out twice is success (RP-Initiated Logout §4). Whatever the
    /// provider does, this does not fail for it, nor wait long.
    pub async fn logout(&self, id: &SessionId, proof: VerifiedProof) -> Result<LogoutResponse, LogoutError> {
        let deadline = Instant::now() + LONGEST_FAREWELL;
        let session = match self.verify_key(id, proof).await {
            // Read again: a refresh may have brought another refresh token meanwhile.
            Ok(_) => self.records.stored_session(id).await?,
            Err(SessionKeyError::NoSession) => None,
            // As for a session that is not there: whether there is one is nobody else's to know.
            Err(SessionKeyError::OtherKey) => {
                audit::record(Event::LogoutOtherBrowser, None, None);
                return Ok(LogoutResponse::default());
            }
            Err(SessionKeyError::Proof(challenge)) => return Err(LogoutError::Proof(challenge)),
            Err(SessionKeyError::Store(error)) => return Err(error.into()),
        };
        // Also one that does not open here: its access tokens must not outlive this.
        let name = SecretHash::of(id.secret());
        if self.records.remove_session(&name).await? {
            audit::record(Event::LogoutSucceeded, session.as_ref().map(|session| &session.user), None);
        }
        let Some(mut session) = session else { return Ok(LogoutResponse::default()) };
        let revocation = session.refresh_token.take().map(|token| self.revoke_in_background(token));
        let farewell = timeout_at(deadline, self.farewell(&session)).await.unwrap_or_default();
        if let Some(revocation) = revocation {
            // It goes on by itself.
            let _ = timeout_at(deadline, revocation).await;
        }
        Ok(farewell)
    }

    /// Ends what the provider says has ended (OpenID Connect Back-Channel Logout §2.7).
    pub async fn follow_logout_token(self: &Arc<Self>, token: &str) -> Result<(), BackChannelError> {
        let token = self.oidc.verify_logout_token(token).await?;
        self.refuse_replay(&token).await?;
        let outcome = self.follow(&token).await;
        if matches!(outcome, Err(BackChannelError::Store(_))) {
            self.follow_again_in_background(token);
        }
        outcome
    }

    /// §2.6, step 8: in the store, so that no replica follows it again.
    async fn refuse_replay(&self, token: &LogoutToken) -> Result<(), BackChannelError> {
        let name = self.name_of_jti(token);
        match self.records.store().is_used(&name, self.environment.now()).await? {
            true => Err(BackChannelError::Replayed),
            false => Ok(()),
        }
    }

    /// The `jti` is consumed last: a token that was not followed to its end may come again, as to end what has ended does
    /// no harm. Of two who follow one token at the same time, the second is told that it is a replay.
    async fn follow(&self, token: &LogoutToken) -> Result<(), BackChannelError> {
        let iss = self.oidc.issuer().to_owned();
        let (scopes, user, by) = match token.ends.clone() {
            Ends::User(sub) => (vec![Ended::User { iss: iss.clone(), sub: sub.clone() }], Some(sub), "sub"),
            Ends::Session { sid, sub: None } => (vec![Ended::ProviderSession { iss: iss.clone(), sid }], None, "sid"),
            Ends::Session { sid, sub: Some(sub) } => {
                let of_provider = Ended::ProviderSession { iss: iss.clone(), sid };
                let user = Ended::User { iss: iss.clone(), sub: sub.clone() };
                if self.records.has_another_users(&of_provider, &user).await? {
                    return Err(BackChannelError::OtherUser);
                }
                // A session that never learned its `sid` may be the one that is meant.
                let without_sid = Ended::UserWithoutSid { iss: iss.clone(), sub: sub.clone() };
                (vec![of_provider, without_sid], Some(sub), "sid and sub")
            }
        };
        let mut sessions = 0;
        for scope in &scopes {
            sessions += self.records.end_all(scope, None).await?;
        }
        let name = self.name_of_jti(token);
        if !self.records.store().consume(&name, token.spent_until, self.environment.now()).await? {
            return Err(BackChannelError::Replayed);
        }
        let event = if sessions == 0 { Event::BackChannelLogoutOfNothing } else { Event::BackChannelLogout };
        let user = user.map(|sub| UserClaims::known_by(iss, sub));
        audit::record(event, user.as_ref(), Some(&format_args!("{sessions} sessions, by {by}")));
        Ok(())
    }

    fn name_of_jti(&self, token: &LogoutToken) -> RecordName {
        RecordName::of(Kind::UsedLogoutToken, &format!("{} {}", self.oidc.issuer(), token.jti))
    }

    /// Has the provider revoke a refresh token that nobody needs any more.
    pub(super) fn revoke_in_background(&self, refresh_token: RefreshToken) -> tokio::task::JoinHandle<()> {
        let oidc = self.oidc.clone();
        self.refreshes.spawn(async move { oidc.revoke(&refresh_token).await })
    }

    /// Where the browser goes now, and the `state` to know it by when it is back.
    async fn farewell(&self, session: &Session) -> LogoutResponse {
        let elsewhere =
            || LogoutResponse { end_session_url: self.oidc.logout_url().map(ToString::to_string), state: None };
        let Ok(state) = self.environment.random_text().map(State::new) else { return elsewhere() };
        match self.oidc.end_session_url(&session.id_token, &state).await {
            Ok(Some(url)) => LogoutResponse { end_session_url: Some(url.into()), state: Some(state) },
            Ok(None) => elsewhere(),
            Err(error) => {
                tracing::warn!(%error, "the provider's session was not ended");
                elsewhere()
            }
        }
    }

    /// The provider may never come again. Whoever has followed the token meanwhile has done it all.
    fn follow_again_in_background(self: &Arc<Self>, token: LogoutToken) {
        let sessions = self.clone();
        tokio::spawn(audit::in_context(async move {
            for pause in FOLLOW_AGAIN_AFTER {
                tokio::time::sleep(pause).await;
                let again = async {
                    sessions.refuse_replay(&token).await?;
                    sessions.follow(&token).await
                };
                match again.await {
                    Err(BackChannelError::Store(_)) => {}
                    Ok(()) | Err(_) => return,
                }
            }
            tracing::error!("sessions that the provider has ended could not be ended here");
        }));
    }
}
