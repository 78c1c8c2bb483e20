//! The requests about an answer: opens the stream of its events, stops it.

use crate::{
    api::{self, Authorized, EventStream},
    client::session::{Auth, dpop_key},
    wire::{
        chat::{ChatRequest, FollowRequest, MessageId, StopRequest},
        error::ApiError,
    },
};

/// The request whose response is the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Send(ChatRequest),
    Follow(FollowRequest),
}

impl Call {
    /// All events of an answer.
    pub fn follow(answer: MessageId) -> Self {
        Self::Follow(FollowRequest { answer, after: None })
    }

    /// The id of the answer, where it is known already.
    pub fn answer(&self) -> Option<&MessageId> {
        match self {
            Self::Send(_) => None,
            Self::Follow(request) => Some(&request.answer),
        }
    }

    pub async fn open(&self, auth: Auth) -> Result<EventStream, ApiError> {
        match self {
            Self::Send(request) => {
                let endpoint = |token| api::chat::send_message(Authorized::new(token, dpop_key::sign, request.clone()));
                auth.call(endpoint).await
            }
            Self::Follow(request) => {
                let endpoint =
                    |token| api::chat::follow_answer(Authorized::new(token, dpop_key::sign, request.clone()));
                auth.call(endpoint).await
            }
        }
    }
}

pub async fn stop(auth: Auth, answer: MessageId) -> Result<(), ApiError> {
    let request = StopRequest { answer };
    let endpoint = |token| api::chat::stop_answer(Authorized::new(token, dpop_key::sign, request.clone()));
    match auth.call(endpoint).await {
        // `NotFound`: it was deleted with its conversation.
        Ok(_) | Err(ApiError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}
