//! The session doors. All want a proof of the browser key, verified before the body is looked at. Where a login or a
//! session is used, `Sessions` compares its key with the one that this was begun with, and consumes it.

use super::{Answer, Proven, door::door};
use crate::wire::{
    auth::{
        AuthorizationRequest, AuthorizationResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
        TokenResponse,
    },
    error::ApiError,
};

door! {
    /// Begins a login for the browser whose key `dpop_jkt` names (RFC 9449 §10), and which has made the proof: the
    /// authorization request to send it to (RFC 6749 §4.1.1). The answer brings the browser's first nonce.
    #[middleware(crate::server::here(
        async |services: crate::server::Services, key: crate::server::proof::NamedKey| {
            services.begin_login(key).await.map(Answer)
        }
    ))]
    get("/api/authorize?dpop_jkt", services: crate::server::Services, key: crate::server::proof::NamedKey)
    pub async fn authorize(
        ?dpop_jkt: Option<String>,
        _call: Proven<()>,
    ) -> Result<Answer<AuthorizationRequest>, ApiError> {
        // What it holds is in `key`.
        drop(dpop_jkt);
        services.begin_login(key).await.map(Answer)
    }
}

door! {
    /// Finishes a login with the authorization response that the browser was given: the session begins.
    post(
        "/api/token",
        proof: crate::server::proof::VerifiedProof,
        browser: crate::server::sessions::BrowserName,
        caller: crate::server::http::ingress::Call,
        services: crate::server::Services
    )
    pub async fn exchange_code(response: Proven<AuthorizationResponse>) -> Result<Answer<TokenResponse>, ApiError> {
        let answer = services.sessions.exchange_code(response.into_body(), proof, browser).await?;
        services.edge.learn(&caller, &answer.user).await;
        services.sessions.end_oldest(&answer.user, &answer.session, services.edge.sessions_per_person()).await;
        Ok(Answer(answer))
    }
}

door! {
    /// A new access token for a session.
    post(
        "/api/refresh",
        proof: crate::server::proof::VerifiedProof,
        caller: crate::server::http::ingress::Call,
        services: crate::server::Services
    )
    pub async fn refresh_access_token(request: Proven<RefreshRequest>) -> Result<Answer<RefreshResponse>, ApiError> {
        let RefreshRequest { session, idle_seconds } = request.into_body();
        let answer = services.sessions.refresh_access_token(&session, proof, idle_seconds).await?;
        services.edge.learn(&caller, &answer.user).await;
        Ok(Answer(answer))
    }
}

door! {
    /// Ends a session.
    post("/api/logout", proof: crate::server::proof::VerifiedProof, services: crate::server::Services)
    pub async fn logout(request: Proven<LogoutRequest>) -> Result<Answer<LogoutResponse>, ApiError> {
        Ok(Answer(services.sessions.logout(&request.into_body().session, proof).await?))
    }
}
