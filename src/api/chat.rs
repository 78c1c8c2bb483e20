//! The guarded doors. `caller` is extracted first: no token, no look at the body.

use super::{Answer, Authorized, EventStream, door::door};
use crate::wire::{
    chat::{ChatRequest, ChatStatus, FollowRequest, StopRequest},
    conversations::Done,
    error::ApiError,
};

door! {
    /// Tells whether the access token is good.
    #[middleware(crate::server::here(async |_: crate::server::guard::Caller| Answer(ChatStatus::ok())))]
    get("/api/chat", _caller: crate::server::guard::Caller)
    pub async fn check_chat(_call: Authorized<()>) -> Result<Answer<ChatStatus>, ApiError> {
        Ok(Answer(ChatStatus::ok()))
    }
}

door! {
    /// Answers a message with a stream of events. The answer goes on for a while when the stream is closed, to be
    /// followed.
    post("/api/chat", caller: crate::server::guard::Caller, services: crate::server::Services)
    pub async fn send_message(call: Authorized<ChatRequest>) -> Result<EventStream, ApiError> {
        let open = caller.open_stream()?;
        let events = services.chat.answer(&caller.user, caller.session_end(), call.into_body()).await?;
        Ok(EventStream::of(open.holding(events)))
    }
}

door! {
    /// The events of an answer that was begun.
    post("/api/chat/follow", caller: crate::server::guard::Caller, services: crate::server::Services)
    pub async fn follow_answer(call: Authorized<FollowRequest>) -> Result<EventStream, ApiError> {
        let open = caller.open_stream()?;
        let events = services.chat.follow(&caller.user, caller.session_end(), call.into_body()).await?;
        Ok(EventStream::of(open.holding(events)))
    }
}

door! {
    /// Stops an answer.
    post("/api/chat/stop", caller: crate::server::guard::Caller, services: crate::server::Services)
    pub async fn stop_answer(call: Authorized<StopRequest>) -> Result<Answer<Done>, ApiError> {
        Ok(Answer(services.chat.stop(&caller.user, call.into_body()).await?))
    }
}
