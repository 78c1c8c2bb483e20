//! The user's own sessions. Only the caller's own are looked at.

use dioxus::prelude::*;

use super::{Answer, Authorized, EventStream};
use crate::wire::{
    conversations::Done,
    error::ApiError,
    sessions::{EndAllRequest, EndRequest, SessionEvent, SessionList},
};

/// Lists the caller's live sessions.
#[get("/api/sessions", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn list_sessions(_call: Authorized<()>) -> Result<Answer<SessionList>, ApiError> {
    Ok(Answer(services.sessions.list(&caller.user, caller.session.as_ref()).await?))
}

/// Ends one of them.
#[post("/api/sessions/end", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn end_session(call: Authorized<EndRequest>) -> Result<Answer<Done>, ApiError> {
    services.sessions.end(&caller.user, &call.into_body().session).await?;
    Ok(Answer(Done {}))
}

/// Ends all of them, or all but the caller's.
#[post("/api/sessions/end-all", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn end_all_sessions(call: Authorized<EndAllRequest>) -> Result<Answer<Done>, ApiError> {
    caller.check_step_up(crate::wire::step_up::GuardedAction::EndAllSessions)?;
    let kept = caller.session.as_ref().filter(|_| call.into_body().keep_this);
    services.sessions.end_all(&caller.user, kept).await?;
    Ok(Answer(Done {}))
}

/// Reports the end of the caller's session within about a second, wherever it was ended.
#[get("/api/session/events", caller: crate::server::http::extract::Caller)]
pub async fn session_events(_call: Authorized<()>) -> Result<EventStream<SessionEvent>, ApiError> {
    let events = EventStream::of(caller.open_stream()?.holding(caller.session_end().events()));
    Ok(events.marked_as(crate::server::http::connections::IdleStream))
}
