//! The chat. Every endpoint wants an access token: `caller` is extracted before the body is read.

use dioxus::prelude::*;

use super::{Answer, Authorized, EventStream};
use crate::wire::{
    chat::{ChatRequest, ChatStatus, FollowRequest, StopRequest},
    conversations::Done,
    error::ApiError,
    feedback::FeedbackRequest,
    options::{AcceptRequest, ChatOptions},
};

/// Confirms that the access token is good.
#[get("/api/chat", _caller: crate::server::http::extract::Caller)]
pub async fn check_chat(_call: Authorized<()>) -> Result<Answer<ChatStatus>, ApiError> {
    Ok(Answer(ChatStatus::ok()))
}

/// Answers a message with a stream of events. When the stream is closed, the answer goes on for a while, and can be
/// followed.
#[post("/api/chat", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn send_message(call: Authorized<ChatRequest>) -> Result<EventStream, ApiError> {
    caller.check_step_up(crate::wire::step_up::GuardedAction::Chat)?;
    let open = caller.open_stream()?;
    let events = services.answer(&caller, call.into_body()).await?;
    Ok(EventStream::of(open.holding(events)))
}

/// Streams the events of an answer that has begun.
#[post("/api/chat/follow", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn follow_answer(call: Authorized<FollowRequest>) -> Result<EventStream, ApiError> {
    let open = caller.open_stream()?;
    let events = services.chat.follow(&caller.user, caller.session_end(), call.into_body()).await?;
    Ok(EventStream::of(open.holding(events)))
}

/// Stops an answer.
#[post("/api/chat/stop", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn stop_answer(call: Authorized<StopRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.chat.stop(&caller.user, call.into_body()).await?))
}

/// Returns what the caller can choose, and what they have to know.
#[get("/api/chat/options", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn chat_options(_call: Authorized<()>) -> Result<Answer<ChatOptions>, ApiError> {
    Ok(Answer(services.chat_options(&caller).await?))
}

/// Stores that the caller has accepted the operator's notice.
#[post("/api/notice/accept", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn accept_notice(call: Authorized<AcceptRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.notices.accept(&caller.user, &call.into_body().version).await?))
}

/// Stores what the caller thinks of an answer, or takes it back.
#[post("/api/chat/feedback", caller: crate::server::http::extract::Caller, services: crate::server::Services)]
pub async fn give_feedback(call: Authorized<FeedbackRequest>) -> Result<Answer<Done>, ApiError> {
    Ok(Answer(services.conversations.give_feedback(&caller.user, call.into_body()).await?))
}
