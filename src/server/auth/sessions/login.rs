//! A login finished: the authorization response becomes a session.

use super::{
    BrowserName, LoginError, Sessions, TOKEN_TYPE,
    pending::{PendingAuthorization, UsedState},
    refresh_lock::RefreshLock,
    session::Session,
    told_lifetime,
};
use crate::{
    server::{
        auth::{
            dpop::{KeyRefusal, VerifiedProof},
            oidc::{Login, RefreshToken},
        },
        excerpt::excerpt,
        observe::audit::{self, Event},
        store::{Kind, LockOwner, RecordName, SecretHash, StoreError},
    },
    wire::{
        auth::{AccessToken, AuthorizationCode, AuthorizationResponse, SessionId, State, TokenResponse},
        error::LoginRefusal,
    },
};

/// Longest authorization code taken, in bytes. Real ones reach some hundreds.
const MAX_CODE_LENGTH: usize = 4096;

impl Sessions {
    /// Finishes a login. The pending authorization is taken first, whatever the answer says: a `state` is good once. A
    /// refresh token that has come for a login that is refused is revoked: nobody is to keep it.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        proof: VerifiedProof,
        browser: BrowserName,
    ) -> Result<TokenResponse, LoginError> {
        // Before the code goes anywhere: an answer carried to another browser is not followed (login CSRF, RFC 9700
        // §4.7; code injection, §4.5).
        let pending = self.take_pending(&response.state, proof).await?;
        self.oidc.check_response_issuer(response.iss.as_deref()).await?;
        let previous = response.previous_session.clone();
        let code = accepted_code(response, &[pending.code_verifier.secret(), pending.nonce.secret()])?;
        let login = match self.oidc.exchange_code(&code, &pending.code_verifier, &pending.nonce).await {
            Ok(login) => login,
            Err(refused) => {
                self.revoke_unwanted(refused.refresh_token);
                return Err(refused.error.into());
            }
        };
        let refresh_token = login.refresh_token.clone();
        let begun = self.begin_session(login, pending, previous.as_ref(), browser).await;
        if begun.is_err() {
            self.revoke_unwanted(refresh_token);
        }
        begun
    }

    /// Why a `state` that opens no login does not.
    pub async fn state_refusal(&self, state: &State) -> LoginError {
        match self.records.used_state(state).await {
            Ok(Some(UsedState::Used)) => LoginError::UsedState,
            Ok(Some(UsedState::Expired)) => LoginError::ExpiredState,
            Ok(None) => LoginError::UnknownState,
            Err(error) => error.into(),
        }
    }

    /// The pending authorization of this login, whose browser's key made the proof. Nobody gets it twice, and after a try
    /// by another browser nobody gets it at all.
    async fn take_pending(&self, state: &State, proof: VerifiedProof) -> Result<PendingAuthorization, LoginError> {
        let Some(pending) = self.records.pending(state).await? else {
            return Err(self.state_refusal(state).await);
        };
        audit::bound_to(&pending.browser_key);
        match proof.accept(&pending.browser_key).await {
            Ok(_) => self.take_login(state).await,
            Err(KeyRefusal::OtherKey) => {
                self.take_login(state).await?;
                Err(LoginError::OtherBrowser)
            }
            Err(KeyRefusal::Proof(challenge)) => Err(LoginError::Proof(challenge)),
        }
    }

    /// The login in flight, once.
    async fn take_login(&self, state: &State) -> Result<PendingAuthorization, LoginError> {
        let Some(pending) = self.records.take_pending(state).await? else {
            return Err(self.state_refusal(state).await);
        };
        let is_late = pending.expires_at <= self.environment.now();
        let used = if is_late { UsedState::Expired } else { UsedState::Used };
        if let Err(error) = self.records.put_used_state(state, used).await {
            tracing::warn!(%error, "should this state come again, the log will call it unknown");
        }
        if is_late { Err(LoginError::ExpiredState) } else { Ok(pending) }
    }

    fn revoke_unwanted(&self, refresh_token: Option<RefreshToken>) {
        if let Some(refresh_token) = refresh_token {
            self.revoke_in_background(refresh_token);
        }
    }

    /// In the place of the session that the key has held. One at a time for each key: of two logins that are finished
    /// together in one browser, the later one stands.
    async fn begin_session(
        &self,
        login: Login,
        pending: PendingAuthorization,
        previous: Option<&SessionId>,
        browser: BrowserName,
    ) -> Result<TokenResponse, LoginError> {
        // A name of its own, never the `state`: that one travels in URLs, histories and other people's logs.
        let id = SessionId::new(self.environment.random_text()?);
        let (access_token, expires_in) = (login.access_token.clone(), login.expires_in);
        let begun = pending.begun_at();
        let mut session = self.new_session(login, pending, browser);
        let told = told_lifetime(&session, expires_in, session.began_at);

        let turn = RecordName::of(Kind::RefreshLock, &format!("key {}", session.browser_key));
        let owner = LockOwner(self.environment.random_text()?);
        let lock = RefreshLock::acquire(self.records.store().clone(), turn, owner).await?;
        lock.hold(async {
            self.end_sessions_of_key(&session.browser_key, previous).await?;
            let token_name = self.attach_access_token(&mut session, &access_token, told).await;
            let name = SecretHash::of(id.secret());
            audit::concerns(&session.user, &name, &session.browser_key);
            let stored = async {
                self.records.enlist(&session, &name).await?;
                self.records.put_session(&id, &session).await?;
                if self.records.was_ended_since(&session, begun).await? {
                    return Err(LoginError::EndedMeanwhile);
                }
                Ok(self.remember_access_token(&id, &session, &token_name, &access_token, told).await?)
            };
            let stored = stored.await;
            if stored.is_err()
                && let Err(error) = self.records.remove_begun_session(&name, &session).await
            {
                tracing::warn!(%error, "a session that nobody was given could not be removed; it ends unused");
            }
            stored
        })
        .await?;
        audit::record(Event::LoginSucceeded, Some(&session.user), None);
        Ok(self.token_response(id, session, access_token, told.as_secs())?)
    }

    fn new_session(&self, login: Login, pending: PendingAuthorization, browser: BrowserName) -> Session {
        let now = self.environment.now();
        let mut latest_end = now + self.settings.limits.lifetime;
        if login.refresh_token.is_none() {
            latest_end = latest_end.min(now + login.expires_in);
        }
        Session {
            user: login.user,
            browser_key: pending.browser_key,
            refresh_token: login.refresh_token,
            permissions: login.permissions,
            id_token: login.id_token,
            login: login.claims,
            provider_session: login.provider_session,
            browser,
            began_at: now,
            last_used_at: now,
            idle_timeout: self.settings.limits.idle_timeout,
            ends_at: login.session_expiry.map_or(latest_end, |end| end.min(latest_end)),
            latest_end,
            revision: 0,
            last_refresh: None,
            tokens: vec![],
        }
    }

    fn token_response(
        &self,
        id: SessionId,
        session: Session,
        access_token: AccessToken,
        expires_in: u64,
    ) -> Result<TokenResponse, StoreError> {
        Ok(TokenResponse {
            access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in,
            session: id,
            idle_timeout: session.idle_timeout.as_secs(),
            session_expires_in: session.remaining(self.environment.now()).as_secs(),
            draft_key: self.records.draft_key(&session.user)?,
            user: session.user,
        })
    }
}

/// The code, if the provider sent one. What it sent in its place is logged without `held`.
fn accepted_code(response: AuthorizationResponse, held: &[&str]) -> Result<AuthorizationCode, LoginError> {
    let in_log = |text: &str| excerpt(text).without(held.iter().copied().chain([response.state.secret()])).to_string();
    match (response.code, response.error) {
        (Some(code), None) if code.secret().len() <= MAX_CODE_LENGTH => Ok(code),
        (Some(_), None) => Err(LoginError::CodeTooLong),
        (None, Some(error)) => Err(LoginError::Refused {
            refusal: LoginRefusal::from_error_code(&error),
            error: in_log(&error),
            description: response.error_description.as_deref().map(in_log),
        }),
        _ => Err(LoginError::NeitherCodeNorError),
    }
}
