//! Logout by the person: here first, then at the provider (OpenID Connect RP-Initiated Logout §2, RFC 7009).

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{
    LogoutError, Sessions,
    ends::Ended,
    session::Session,
    store::{Kind, RecordName, SecretHash, StoreError},
};
use crate::{
    server::{
        audit::{self, Event},
        oidc::{Ends, LogoutToken, LogoutTokenError, RefreshToken},
        proof::BrowserKey,
    },
    wire::auth::{LogoutResponse, SessionId, State},
};

/// Nobody is kept waiting longer for what the provider has to say.
const LONGEST_FAREWELL: Duration = Duration::from_secs(2);

/// Waits between tries to end what a logout token has named, when the store has failed half-way.
const END_AGAIN_AFTER: [Duration; 5] = [
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
    #[error("logout token refused: its `jti` was seen before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// Ends the session, if it still is there: logging out twice is success (RP-Initiated Logout §4). Whatever the
    /// provider does, this does not fail for it, nor wait long.
    pub async fn logout(&self, id: &SessionId, key: &BrowserKey) -> Result<LogoutResponse, LogoutError> {
        let deadline = Instant::now() + LONGEST_FAREWELL;
        let session = self.records.stored_session(id).await?;
        if let Some(session) = &session
            && !session.browser_key.matches(&key.0)
        {
            // As for a session that is not there: whether there is one is nobody else's to know.
            audit::record(Event::LogoutOtherBrowser, Some(&session.user), None);
            return Ok(LogoutResponse::default());
        }
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
    pub async fn follow_logout_token(&self, token: &str) -> Result<(), BackChannelError> {
        let LogoutToken { ends, jti, spent_until } = self.oidc.verify_logout_token(token).await?;
        let iss = self.oidc.issuer().to_owned();
        // §2.6, step 8: in the store, so that no replica takes it again.
        let name = RecordName::of(Kind::SpentLogout, &format!("{iss} {jti}"));
        if !self.records.store().spend(&name, spent_until, self.environment.now()).await? {
            return Err(BackChannelError::Replayed);
        }
        let (whole, by) = match ends {
            Ends::Session(sid) => (Ended::ProviderSession { iss, sid }, "sid"),
            Ends::User(sub) => (Ended::User { iss, sub }, "sub"),
        };
        match self.records.end_all(&whole, None).await {
            Ok(sessions) => {
                audit::record(Event::BackChannelLogout, None, Some(&format_args!("{sessions} sessions, by {by}")));
                Ok(())
            }
            Err(error) => {
                // The token is spent: should it come again, it is refused.
                self.end_again_in_background(whole);
                Err(error.into())
            }
        }
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

    fn end_again_in_background(&self, whole: Ended) {
        let records = self.records.clone();
        tokio::spawn(async move {
            for pause in END_AGAIN_AFTER {
                tokio::time::sleep(pause).await;
                if let Ok(sessions) = records.end_all(&whole, None).await {
                    let reason = format_args!("{sessions} sessions, late");
                    return audit::record(Event::BackChannelLogout, None, Some(&reason));
                }
            }
            tracing::error!("sessions that the provider has ended could not be ended here");
        });
    }
}
