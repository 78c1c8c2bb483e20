//! Answers to messages.

pub mod upstream;

use std::pin::Pin;

use axum::BoxError;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use self::upstream::{Message, Role, SharedUpstream, UpstreamEvent};
use crate::wire::{
    auth::UserClaims,
    chat::{ChatEvent, ChatEventKind, ChatRequest, EndReason, MAX_MESSAGE_CHARS},
    error::ApiError,
};

/// Longest name of a conversation or a send, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Numbered events; the stream is pulled by whoever reads it, and dropping it stops the answer.
pub type Answer = Pin<Box<dyn Stream<Item = Result<ChatEvent, BoxError>> + Send>>;

/// Answers with the upstream it was given.
#[derive(Clone)]
pub struct Chat {
    upstream: SharedUpstream,
}

impl Chat {
    pub fn new(upstream: SharedUpstream) -> Self {
        Self { upstream }
    }

    /// Checks the request and begins the answer.
    pub fn answer(&self, user: &UserClaims, request: ChatRequest) -> Result<Answer, ApiError> {
        check(&request)?;
        let opened = stream::once(async { Ok(ChatEventKind::Open) });
        let mut end = End { reached: false };
        let events = opened.chain(self.deltas(user, request.message)).enumerate().map(move |(n, kind)| {
            let kind = kind?;
            end.note(&kind);
            Ok(ChatEvent { n: n as u64, kind })
        });
        Ok(Box::pin(events))
    }

    /// The answer's text and its end. An answer that was interrupted has none: its stream breaks off.
    fn deltas(
        &self,
        user: &UserClaims,
        text: String,
    ) -> impl Stream<Item = Result<ChatEventKind, BoxError>> + Send + use<> {
        let (upstream, user) = (self.upstream.clone(), user.clone());
        let answer = async move { upstream.answer(vec![Message { role: Role::User, text }], &user).await };
        stream::once(answer).try_flatten().map_err(BoxError::from).try_filter_map(async |event| {
            Ok(match event {
                UpstreamEvent::Delta(text) => Some(ChatEventKind::Delta { text }),
                UpstreamEvent::Finished(_) => Some(ChatEventKind::End { reason: EndReason::Complete }),
                UpstreamEvent::Thinking(_) | UpstreamEvent::Usage(_) => None,
            })
        })
    }
}

/// Notes in the log an answer that was dropped before its end: the person stopped it, or has gone.
struct End {
    reached: bool,
}

impl End {
    fn note(&mut self, kind: &ChatEventKind) {
        self.reached = matches!(kind, ChatEventKind::End { .. });
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.reached {
            tracing::info!("answer stopped by the reader");
        }
    }
}

fn check(request: &ChatRequest) -> Result<(), ApiError> {
    check_length("conversation", &request.conversation, MAX_NAME_CHARS)?;
    check_length("idempotency_key", &request.idempotency_key, MAX_NAME_CHARS)?;
    check_length("message", request.message.trim(), MAX_MESSAGE_CHARS)
}

fn check_length(field: &str, text: &str, max: usize) -> Result<(), ApiError> {
    let reason = match text.chars().count() {
        0 => "is empty".to_owned(),
        count if count > max => format!("has {count} characters, {max} are allowed"),
        _ => return Ok(()),
    };
    Err(ApiError::InvalidField { field: field.to_owned(), reason })
}
