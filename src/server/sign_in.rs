//! A login that is finished, and a refresh: the session, and what the rate limits learn of its user.

use super::{Services, http::ingress::Call, proof::VerifiedProof, sessions::BrowserName};
use crate::wire::{
    auth::{AuthorizationResponse, RefreshRequest, RefreshResponse, TokenResponse},
    error::ApiError,
};

impl Services {
    /// Exchanges the code, and begins a session. The user's oldest session ends where this one would be too many.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        proof: VerifiedProof,
        browser: BrowserName,
        call: &Call,
    ) -> Result<TokenResponse, ApiError> {
        let answer = self.sessions.exchange_code(response, proof, browser).await?;
        self.edge.learn(call, &answer.user).await;
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
        let answer = self.sessions.refresh_access_token(&request.session, proof, request.idle_seconds).await?;
        self.edge.learn(call, &answer.user).await;
        Ok(answer)
    }
}
