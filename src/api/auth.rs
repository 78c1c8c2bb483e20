//! The session doors.

use dioxus::prelude::*;

use super::payload::{Answer, Body};
use crate::wire::{
    auth::{
        AuthorizationRequest, AuthorizationResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
        TokenResponse,
    },
    error::ApiError,
};

/// Begins a login: the authorization request to send the browser to (RFC 6749 §4.1.1).
#[get("/api/authorize", services: crate::server::Services)]
pub async fn authorize() -> Result<Answer<AuthorizationRequest>, ApiError> {
    Ok(Answer(services.sessions.begin_authorization().await?))
}

/// Finishes a login with the authorization response that the browser was given: the session begins.
#[post("/api/token", services: crate::server::Services)]
pub async fn exchange_code(response: Body<AuthorizationResponse>) -> Result<Answer<TokenResponse>, ApiError> {
    Ok(Answer(services.sessions.exchange_code(response.0).await?))
}

/// A new access token for a session.
#[post("/api/refresh", services: crate::server::Services)]
pub async fn refresh_access_token(request: Body<RefreshRequest>) -> Result<Answer<RefreshResponse>, ApiError> {
    Ok(Answer(services.sessions.refresh_access_token(&request.0.session).await?))
}

/// Ends a session.
#[post("/api/logout", services: crate::server::Services)]
pub async fn logout(request: Body<LogoutRequest>) -> Result<Answer<LogoutResponse>, ApiError> {
    Ok(Answer(services.sessions.logout(&request.0.session).await?))
}
