//! The end of a login: the authorization response becomes a session.

use std::fmt::Display;

use super::{
    BrowserName, LoginError, Sessions, TOKEN_TYPE,
    authorization_error::classify,
    client_expires_in,
    pending::{PendingAuthorization, UsedState},
    refresh_lock::RefreshLock,
    session::Session,
};
use crate::{
    server::{
        auth::{
            dpop::{KeyRefusal, VerifiedProof},
            oidc::{ExchangeError, Login, RefreshToken, RefusedExchange, Revoked},
        },
        excerpt::excerpt,
        observe::audit::{self, Event},
        store::{Kind, LockOwner, RecordName, SecretHash, StoreError},
    },
    wire::auth::{AccessToken, AuthorizationCode, AuthorizationResponse, SessionId, State, TokenResponse, UserClaims},
};

/// Maximum length of an authorization code, in bytes. Those of real providers have some hundreds.
const MAX_CODE_LENGTH: usize = 4096;

impl Sessions {
    /// Finishes a login. The pending login is removed first, so that a `state` can be used only once, even if the response
    /// is an error. If the login fails after the exchange, the issued refresh token is revoked.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        proof: VerifiedProof,
        browser: BrowserName,
    ) -> Result<TokenResponse, LoginError> {
        // Checked before the code is sent to the provider: a response that was begun in another browser must not be used
        // (login CSRF, RFC 9700 §4.7; code injection, §4.5).
        let Some(state) = response.state.clone() else { return Err(self.without_state(response).await) };
        let pending = self.take_pending(&state, proof).await.map_err(|error| of_response(error, &response))?;
        self.check_issuer(&response).await?;
        let previous = response.previous_session.clone();
        let code = accepted_code(response, &[pending.code_verifier.secret(), pending.nonce.secret()])?;
        let login = match self.request_tokens(&code, &pending).await {
            Ok(login) => login,
            Err(refused) => {
                self.revoke_unwanted(refused.refresh_token);
                if let Some(access_token) = refused.access_token {
                    self.revoke_in_background(Revoked::Access(access_token));
                }
                return Err(refused.error.into());
            }
        };
        let refresh_token = login.refresh_token.clone();
        let begun = match self.refuse_step_up_of_another(&pending, previous.as_ref(), &login.user).await {
            Ok(()) => self.begin_session(login, pending, previous.as_ref(), browser).await,
            Err(error) => Err(error),
        };
        if begun.is_err() {
            self.revoke_unwanted(refresh_token);
        }
        begun
    }

    /// The error to return for a response without `state`, which belongs to no pending login.
    async fn without_state(&self, response: AuthorizationResponse) -> LoginError {
        if response.error.is_none() {
            return LoginError::NoState;
        }
        let checked = self.check_issuer(&response).await.map_err(LoginError::from);
        match checked.and_then(|()| accepted_code(response, &[])) {
            Err(error) => error,
            Ok(_) => LoginError::NoState,
        }
    }

    /// An error may come without `iss`, even if the provider announces that: nothing but a message or another login
    /// follows from it, even if an attacker sent it (RFC 9207 §2.4).
    async fn check_issuer(&self, response: &AuthorizationResponse) -> Result<(), ExchangeError> {
        if response.error.is_some() && response.iss.is_none() {
            return Ok(());
        }
        self.oidc.check_response_issuer(response.iss.as_deref()).await
    }

    /// Why there is no pending login for this `state`.
    pub async fn state_refusal(&self, state: &State) -> LoginError {
        match self.records.used_state(state).await {
            Ok(Some(UsedState::Used)) => LoginError::UsedState,
            Ok(Some(UsedState::Expired)) => LoginError::ExpiredState,
            Ok(None) => LoginError::UnknownState,
            Err(error) => error.into(),
        }
    }

    /// Removes and returns the pending login, if the proof was made with its DPoP key. With another key it is removed too,
    /// and the login is refused.
    async fn take_pending(&self, state: &State, proof: VerifiedProof) -> Result<PendingAuthorization, LoginError> {
        let Some(pending) = self.records.pending(state).await? else {
            return Err(self.state_refusal(state).await);
        };
        audit::set_bound_key(&pending.dpop_jkt);
        match proof.accept(&pending.dpop_jkt).await {
            Ok(_) => self.take_login(state).await,
            Err(KeyRefusal::OtherKey) => {
                self.take_login(state).await?;
                Err(LoginError::OtherBrowser)
            }
            Err(KeyRefusal::Proof(challenge)) => Err(LoginError::Proof(challenge)),
        }
    }

    /// Removes and returns the pending login. An error if it was used or has expired.
    async fn take_login(&self, state: &State) -> Result<PendingAuthorization, LoginError> {
        let Some(pending) = self.records.take_pending(state).await? else {
            return Err(self.state_refusal(state).await);
        };
        let is_expired = pending.expires_at <= self.environment.now();
        let used = if is_expired { UsedState::Expired } else { UsedState::Used };
        if let Err(error) = self.records.put_used_state(state, used).await {
            tracing::warn!(%error, "should this state come again, the log will call it unknown");
        }
        if is_expired { Err(LoginError::ExpiredState) } else { Ok(pending) }
    }

    fn revoke_unwanted(&self, refresh_token: Option<RefreshToken>) {
        if let Some(refresh_token) = refresh_token {
            self.revoke_in_background(Revoked::Refresh(refresh_token));
        }
    }

    async fn request_tokens(
        &self,
        code: &AuthorizationCode,
        pending: &PendingAuthorization,
    ) -> Result<Login, RefusedExchange> {
        let PendingAuthorization { code_verifier, nonce, proof_key, step_up, .. } = pending;
        let asked = step_up.as_ref().map(|step_up| &step_up.asked);
        self.oidc.exchange_code(code, code_verifier, nonce, proof_key.as_ref(), asked).await
    }

    /// A step-up goes on with what the person was doing, so it must be the same person. The session that they have is kept
    /// if it is not.
    async fn refuse_step_up_of_another(
        &self,
        pending: &PendingAuthorization,
        previous: Option<&SessionId>,
        user: &UserClaims,
    ) -> Result<(), LoginError> {
        let (Some(_), Some(previous)) = (&pending.step_up, previous) else { return Ok(()) };
        match self.records.stored_session(previous).await? {
            Some(session) if session.dpop_jkt.matches(&pending.dpop_jkt) && !session.user.is_same(user) => {
                Err(LoginError::StepUpOfAnother)
            }
            _ => Ok(()),
        }
    }

    /// Stores the new session, which replaces the earlier ones of its DPoP key. A lock per key serialises this: if one
    /// browser finishes two logins at the same time, the later session remains.
    async fn begin_session(
        &self,
        login: Login,
        pending: PendingAuthorization,
        previous: Option<&SessionId>,
        browser: BrowserName,
    ) -> Result<TokenResponse, LoginError> {
        // Not the `state`, which appears in URLs, browser histories and logs of proxies.
        let id = SessionId::new(self.environment.random_text()?);
        let (access_token, provider_expires_in) = (login.access_token.clone(), login.expires_in);
        let begun_at = pending.begun_at();
        let step_up = pending.step_up.as_ref().map(|step_up| format!("step-up: {}", step_up.action.name()));
        let reason = [step_up, token_type_issued(&pending, &login).map(str::to_owned)];
        let reason = reason.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let mut session = self.new_session(login, pending, browser);
        let expires_in = client_expires_in(&session, provider_expires_in, session.began_at);

        let lock = RecordName::of(Kind::RefreshLock, &format!("key {}", session.dpop_jkt));
        let owner = LockOwner(self.environment.random_text()?);
        let lock = RefreshLock::acquire(self.records.store().clone(), lock, owner).await?;
        lock.hold(async {
            self.end_sessions_of_key(&session.dpop_jkt, previous).await?;
            let token_name = self.attach_access_token(&mut session, &access_token, expires_in).await;
            let name = SecretHash::of(id.secret());
            audit::set_subject(&session.user, &name, &session.dpop_jkt);
            let stored = async {
                self.records.index(&session, &name).await?;
                self.records.put_session(&id, &session).await?;
                if self.records.was_ended_since(&session, begun_at).await? {
                    return Err(LoginError::EndedMeanwhile);
                }
                let issued = (&access_token, session.proof_key.as_ref());
                Ok(self.store_access_token(&id, &session, &token_name, issued, expires_in).await?)
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
        audit::record(
            Event::LoginSucceeded,
            Some(&session.user),
            (!reason.is_empty()).then_some(&reason as &dyn Display),
        );
        Ok(self.token_response(id, session, access_token, expires_in.as_secs())?)
    }

    fn new_session(&self, login: Login, pending: PendingAuthorization, browser: BrowserName) -> Session {
        let now = self.environment.now();
        let mut latest_end = now + self.settings.limits.lifetime;
        if login.refresh_token.is_none() {
            latest_end = latest_end.min(now + login.expires_in);
        }
        Session {
            user: login.user,
            dpop_jkt: pending.dpop_jkt,
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
            proof_key: login.proof_key,
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
            session_revision: Some(session.revision),
            user: session.user,
        })
    }
}

/// For the audit log, if the login asked the provider to bind the access token (RFC 9449 §5).
fn token_type_issued(pending: &PendingAuthorization, login: &Login) -> Option<&'static str> {
    match (&pending.proof_key, &login.proof_key) {
        (_, Some(_)) => Some("access token bound to a key of this server (DPoP)"),
        (Some(_), None) => Some("bearer access token, although DPoP was asked for"),
        (None, None) => None,
    }
}

/// The error for a response whose `state` is refused, with the provider's own error for the log.
fn of_response(refusal: LoginError, response: &AuthorizationResponse) -> LoginError {
    let refusal = match refusal {
        LoginError::UnknownState if response.begun_here => LoginError::LostState,
        LoginError::UnknownState | LoginError::UsedState | LoginError::ExpiredState => refusal,
        other => return other,
    };
    let Some(error) = &response.error else { return refusal };
    let (_, reaction) = classify(error, response.error_description.as_deref());
    let error = excerpt(error).without(response.state.as_ref().map(State::secret)).to_string();
    LoginError::RefusedState { refusal: Box::new(refusal), reaction, error }
}

/// The code, if the provider sent one. Its error goes to the log, without any of these secrets.
fn accepted_code(response: AuthorizationResponse, secrets: &[&str]) -> Result<AuthorizationCode, LoginError> {
    let state = response.state.as_ref().map(State::secret);
    let in_log = |text: &str| excerpt(text).without(secrets.iter().copied().chain(state)).to_string();
    match (response.code, response.error) {
        (Some(code), None) if code.secret().len() <= MAX_CODE_LENGTH => Ok(code),
        (Some(_), None) => Err(LoginError::CodeTooLong),
        (None, Some(error)) => {
            let (refusal, reaction) = classify(&error, response.error_description.as_deref());
            let description = response.error_description.as_deref().map(in_log);
            Err(LoginError::Refused { refusal, reaction, error: in_log(&error), description })
        }
        _ => Err(LoginError::NeitherCodeNorError),
    }
}
