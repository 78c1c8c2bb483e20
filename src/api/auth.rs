//! Login, refresh and logout. Each call carries a DPoP proof, which is verified before the body is read. Where a login or
//! a session is used, `Sessions` compares the proof's key with the one it is bound to, and consumes the proof.

use dioxus::prelude::*;

use super::{Answer, Proven};
use crate::wire::{
    auth::{
        AuthorizationRequest, AuthorizationResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
        TokenResponse,
    },
    error::ApiError,
};

/// Begins a login for the browser with this DPoP key (RFC 9449 §10), and returns the authorization request to send it to
/// (RFC 6749 §4.1.1). The response brings the browser's first nonce. On the server, `key` is `dpop_jkt`, verified. `action`
/// is the name of the [`GuardedAction`](crate::wire::step_up::GuardedAction) that asked for another sign-in.
/// With `reauthenticate`, the provider asks for the password even if it has a session of its own.
#[get(
    "/api/authorize?dpop_jkt=_dpop_jkt&action&reauthenticate",
    services: crate::server::Services,
    key: crate::server::http::extract::DpopJkt
)]
pub async fn authorize(
    _dpop_jkt: Option<String>,
    action: Option<String>,
    reauthenticate: Option<bool>,
    _call: Proven<()>,
) -> Result<Answer<AuthorizationRequest>, ApiError> {
    Ok(Answer(services.begin_login(key, action.as_deref(), reauthenticate.unwrap_or(false)).await?))
}

/// Finishes a login with the authorization response, and begins the session.
#[post(
    "/api/token",
    proof: crate::server::auth::dpop::VerifiedProof,
    browser: crate::server::auth::sessions::BrowserName,
    call: crate::server::http::ingress::Call,
    services: crate::server::Services
)]
pub async fn exchange_code(response: Proven<AuthorizationResponse>) -> Result<Answer<TokenResponse>, ApiError> {
    Ok(Answer(services.exchange_code(response.into_body(), proof, browser, &call).await?))
}

/// Issues a new access token for a session.
#[post(
    "/api/refresh",
    proof: crate::server::auth::dpop::VerifiedProof,
    call: crate::server::http::ingress::Call,
    services: crate::server::Services
)]
pub async fn refresh_access_token(request: Proven<RefreshRequest>) -> Result<Answer<RefreshResponse>, ApiError> {
    Ok(Answer(services.refresh_access_token(request.into_body(), proof, &call).await?))
}

/// Ends a session.
#[post("/api/logout", proof: crate::server::auth::dpop::VerifiedProof, services: crate::server::Services)]
pub async fn logout(request: Proven<LogoutRequest>) -> Result<Answer<LogoutResponse>, ApiError> {
    Ok(Answer(services.sessions.logout(&request.into_body().session, proof).await?))
}
