//! For operators, whom `OPERATOR_ROLE` names: the sessions of any user. The requests have a body, also the one that only
//! reads, as a user's identifier does not belong into URLs, which proxies log.

use dioxus::prelude::*;

use super::{Answer, Authorized};
use crate::wire::{
    error::ApiError,
    operators::{EndUserSessionRequest, EndedSessions, UserRequest},
    sessions::SessionList,
};

/// Lists the live sessions of a user.
#[post("/api/operator/sessions", _operator: crate::server::http::extract::Operator, services: crate::server::Services)]
pub async fn list_user_sessions(call: Authorized<UserRequest>) -> Result<Answer<SessionList>, ApiError> {
    Ok(Answer(services.sessions.list_by_operator(call.into_body()).await?))
}

/// Ends one of them.
#[post("/api/operator/sessions/end", _operator: crate::server::http::extract::Operator, services: crate::server::Services)]
pub async fn end_user_session(call: Authorized<EndUserSessionRequest>) -> Result<Answer<EndedSessions>, ApiError> {
    Ok(Answer(services.sessions.end_by_operator(call.into_body()).await?))
}

/// Ends all of them, and the user's pending logins.
#[post("/api/operator/sessions/end-all", _operator: crate::server::http::extract::Operator, services: crate::server::Services)]
pub async fn end_user_sessions(call: Authorized<UserRequest>) -> Result<Answer<EndedSessions>, ApiError> {
    Ok(Answer(services.sessions.end_all_by_operator(call.into_body()).await?))
}
