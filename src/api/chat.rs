//! The guarded doors. `caller` is extracted first: no token, no look at the body.

use dioxus::prelude::*;

use super::{
    authorized::Authorized,
    payload::{Answer, EventStream},
};
use crate::wire::{
    chat::{ChatRequest, ChatStatus},
    error::ApiError,
};

/// Tells whether the access token is good.
#[get("/api/chat", _caller: crate::server::guard::Caller)]
pub async fn check_chat(_call: Authorized<()>) -> Result<Answer<ChatStatus>, ApiError> {
    Ok(Answer(ChatStatus { message: "chat ok".into() }))
}

/// Answers a message with a stream of events; closing the stream stops the answer.
#[post("/api/chat", caller: crate::server::guard::Caller, services: crate::server::Services)]
pub async fn send_message(call: Authorized<ChatRequest>) -> Result<EventStream, ApiError> {
    let answer = services.chat.answer(&caller.user, call.into_body())?;
    Ok(EventStream(dioxus::fullstack::ServerEvents::from_stream(answer)))
}
