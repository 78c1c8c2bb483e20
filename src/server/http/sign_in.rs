//! Sign-in and refresh: the session, and what the rate limits learn about its user.

use super::{Services, extract::DpopJkt, ingress::Call};
use crate::{
    server::auth::{dpop::VerifiedProof, sessions::BrowserName},
    wire::{
        auth::{AuthorizationRequest, AuthorizationResponse, RefreshRequest, RefreshResponse, TokenResponse},
        error::ApiError,
        step_up::GuardedAction,
    },
};

impl Services {
    /// Begins a login that is bound to this key. The browser says for which action, if one asked for it; what is asked of
    /// the provider then is the server's to say.
    pub async fn begin_login(
        &self,
        DpopJkt(key): DpopJkt,
        action: Option<&str>,
        reauthenticate: bool,
    ) -> Result<AuthorizationRequest, ApiError> {
        let unknown = || ApiError::InvalidField { field: "action".into(), reason: "there is no such action".into() };
        let action = action.map(|name| GuardedAction::named(name).ok_or_else(unknown)).transpose()?;
        let step_up = action.and_then(|action| self.guard.step_up(action));
        Ok(self.sessions.begin_authorization(key, step_up, reauthenticate).await?)
    }

    /// Exchanges the code, and begins a session. The user's oldest session ends where this one would be too many.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        proof: VerifiedProof,
        browser: BrowserName,
        call: &Call,
    ) -> Result<TokenResponse, ApiError> {
        let answer = self.sessions.exchange_code(response, proof, browser).await?;
        self.edge.learn(call, &answer.user);
        self.sessions.end_oldest(&answer.user, &answer.session, self.edge.sessions_per_person()).await;
        Ok(answer)
    }

    /// Issues a new access token for a session.
    pub async fn refresh_access_token(
        &self,
        request: RefreshRequest,
        proof: VerifiedProof,
        call: &Call,
    ) -> Result<RefreshResponse, ApiError> {
        let answer = self.sessions.refresh_access_token(request, proof).await?;
        self.edge.learn(call, &answer.user);
        Ok(answer)
    }
}
