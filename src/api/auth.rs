//! The session doors. All but the first want a proof of the browser key, checked before the body is looked at; `key`
//! is the one that made it. The doors of a session spend it after a look at the session.

use super::{
    door::door,
    payload::{Answer, Nothing},
    proof::Proven,
};
use crate::wire::{
    auth::{
        AuthorizationRequest, AuthorizationResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
        TokenResponse,
    },
    error::ApiError,
};

door! {
    /// Begins a login for the browser whose key `dpop_jkt` names (RFC 9449 §10): the authorization request to send it
    /// to (RFC 6749 §4.1.1).
    #[middleware(crate::server::here(
        async |services: crate::server::Services, key: crate::server::proof::NamedKey| {
            services.begin_login(key).await.map(Answer)
        }
    ))]
    get("/api/authorize?dpop_jkt", services: crate::server::Services, key: crate::server::proof::NamedKey)
    pub async fn authorize(
        ?dpop_jkt: Option<String>,
        _call: Nothing,
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
        proof: crate::server::proof::UnspentProof,
        browser: crate::server::sessions::BrowserName,
        services: crate::server::Services
    )
    pub async fn exchange_code(response: Proven<AuthorizationResponse>) -> Result<Answer<TokenResponse>, ApiError> {
        let response = response.into_body();
        let key = services.sessions.admit_login(&response.state, proof).await?;
        Ok(Answer(services.sessions.exchange_code(response, &key, browser).await?))
    }
}

door! {
    /// A new access token for a session.
    post("/api/refresh", proof: crate::server::proof::UnspentProof, services: crate::server::Services)
    pub async fn refresh_access_token(request: Proven<RefreshRequest>) -> Result<Answer<RefreshResponse>, ApiError> {
        let RefreshRequest { session, idle_seconds } = request.into_body();
        let key = services.sessions.admit(&session, proof, crate::server::audit::Event::RefreshFailed).await?;
        Ok(Answer(services.sessions.refresh_access_token(&session, &key, idle_seconds).await?))
    }
}

door! {
    /// Ends a session.
    post("/api/logout", proof: crate::server::proof::UnspentProof, services: crate::server::Services)
    pub async fn logout(request: Proven<LogoutRequest>) -> Result<Answer<LogoutResponse>, ApiError> {
        let session = request.into_body().session;
        let key = services.sessions.admit(&session, proof, crate::server::audit::Event::LogoutFailed).await?;
        Ok(Answer(services.sessions.logout(&session, &key).await?))
    }
}
