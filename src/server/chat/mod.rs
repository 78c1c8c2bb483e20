//! Answers to messages. Each is written by a task of its own into a log in memory; whoever sent the message reads that
//! log, and so does whoever comes back to it.
//!
//! # When an answer ends early
//!
//! - Stop ends it at once, from whichever of several servers it is asked.
//! - A reader who is gone (a reload, a sign-in on the way, a lost connection, a closed tab: the server can't tell them
//!   apart) may come back within the grace (`CHAT_GRACE_SECONDS`); then, with nobody reading, it ends as interrupted.
//!   With a grace of 0 it ends as soon as nobody reads.
//! - A deleted conversation ends it within a second, and so does the end of the session it was asked in.
//! - A server that stops ends it at once, as interrupted, and keeps what there is.
//!
//! # Several servers
//!
//! The log is in the memory of the server that writes. Asked elsewhere, a running answer is `Unavailable` (503 with
//! `Retry-After`), and what it has so far can be read from the store, which is up to date within a second. An answer
//! whose server has gone is found interrupted a minute and a half later, or when that server, with a SQLite database
//! of its own, starts again.

mod log;
mod running;
pub mod upstream;
mod writing;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::BoxError;
use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::oneshot, time::timeout};

use self::{running::RunningAnswers, upstream::SharedUpstream, writing::Writing};
use super::{
    conversations::{
        ConversationStore, Owner, check_length,
        store::{BeginError, Begun, NewQuestion, StoredAnswer},
        text::storable,
    },
    environment::Environment,
    sessions::SessionEnd,
    traces,
};
use crate::wire::{
    auth::UserClaims,
    chat::{
        ChatEvent, ChatEventKind, ChatRequest, EndReason, FollowRequest, MAX_MESSAGE_CHARS, MessageId, StopRequest,
    },
    conversations::Done,
    error::ApiError,
};

/// A stopped answer ends within a second; whoever stopped it is not kept waiting much longer for that.
const LONGEST_STOP: Duration = Duration::from_secs(2);

/// Numbered events. Dropping the stream ends nothing but the reading.
pub type Answer = Pin<Box<dyn Stream<Item = Result<ChatEvent, BoxError>> + Send>>;

/// What the operator can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatSettings {
    /// How long an answer goes on while nobody reads it.
    pub grace: Duration,
    /// Longest history the upstream is told, in characters.
    pub history_chars: usize,
}

impl ChatSettings {
    /// Enough for a reload or a sign-in; some 15,000 tokens.
    pub const DEFAULT: Self = Self { grace: Duration::from_secs(20), history_chars: 60_000 };
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[derive(Clone)]
pub struct Chat {
    store: Arc<dyn ConversationStore>,
    upstream: SharedUpstream,
    settings: ChatSettings,
    environment: Environment,
    running: Arc<RunningAnswers>,
}

impl Chat {
    pub fn new(
        store: Arc<dyn ConversationStore>,
        upstream: SharedUpstream,
        settings: ChatSettings,
        environment: Environment,
    ) -> Self {
        Self { store, upstream, settings, environment, running: Arc::default() }
    }

    /// Stores the message and begins its answer; the answer to it, where it was stored before.
    pub async fn answer(
        &self,
        user: &UserClaims,
        session_end: SessionEnd,
        request: ChatRequest,
    ) -> Result<Answer, ApiError> {
        check_length("message", request.message.trim(), 1, MAX_MESSAGE_CHARS)?;
        let (owner, new) = (Owner::of(user), self.new_question(request)?);
        let answer = new.answer.clone();
        let running = self.running.admit(&answer, &owner)?;
        // From here on somebody reads: the grace begins when they go.
        let events = running.log.read(None);
        let writing =
            Writing { chat: self.clone(), running, user: user.clone(), session_end: session_end.clone(), new };
        // A task of its own from the start: nothing is left half-done when the caller goes.
        let (begun, outcome) = oneshot::channel();
        self.running.tasks.spawn(writing.begin(begun, traces::answer()));
        match outcome.await {
            Ok(Ok(Begun::New)) => Ok(streamed(events, session_end)),
            Ok(Ok(Begun::Before { answer })) => self.follow_of(&owner, session_end, answer, None).await,
            Ok(Err(error)) => Err(error.into()),
            Err(_) => {
                self.running.forget(&answer);
                Err(ApiError::Unavailable)
            }
        }
    }

    /// The events of an answer from `after` on; from its start where that place is unknown.
    pub async fn follow(
        &self,
        user: &UserClaims,
        session_end: SessionEnd,
        request: FollowRequest,
    ) -> Result<Answer, ApiError> {
        self.follow_of(&Owner::of(user), session_end, request.answer, request.after).await
    }

    /// Returns once the answer has ended, or will within a second.
    pub async fn stop(&self, user: &UserClaims, request: StopRequest) -> Result<Done, ApiError> {
        let owner = Owner::of(user);
        if let Some(running) = self.running.find(&request.answer, &owner) {
            running.stop();
            // It ends whether or not we see it.
            let _ = timeout(LONGEST_STOP, running.log.ended()).await;
            return Ok(Done {});
        }
        let stored = self.stored(&owner, &request.answer).await?;
        if stored.message.is_running() {
            self.store.ask_to_stop(&owner, &request.answer).await?;
        }
        Ok(Done {})
    }

    /// Ends every answer as interrupted, and begins none any more.
    pub fn close(&self) {
        self.running.closing.cancel();
        self.running.tasks.close();
    }

    /// Returns once every answer has ended, and its end is stored.
    pub async fn finished(&self) {
        self.running.tasks.wait().await;
    }

    async fn follow_of(
        &self,
        owner: &Owner,
        session_end: SessionEnd,
        answer: MessageId,
        after: Option<u64>,
    ) -> Result<Answer, ApiError> {
        if let Some(running) = self.running.find(&answer, owner) {
            return Ok(streamed(running.log.read(after), session_end));
        }
        let stored = self.stored(owner, &answer).await?;
        match stored.message.end {
            Some(reason) => Ok(streamed(stream::iter(told_again(stored, reason)), session_end)),
            // Another server writes it.
            None => Err(ApiError::Unavailable),
        }
    }

    async fn stored(&self, owner: &Owner, answer: &MessageId) -> Result<StoredAnswer, ApiError> {
        self.store.answer(owner, answer, self.environment.now()).await?.ok_or(ApiError::NotFound)
    }

    fn new_question(&self, request: ChatRequest) -> Result<NewQuestion, ApiError> {
        let random_id = || {
            self.environment.random_text().map(MessageId::new).map_err(|error| {
                tracing::error!(%error, "message not answered");
                ApiError::Unavailable
            })
        };
        Ok(NewQuestion {
            conversation: request.conversation,
            idempotency_key: request.idempotency_key,
            replaces: request.replaces,
            text: storable(&request.message),
            question: random_id()?,
            answer: random_id()?,
            model: self.upstream.model().to_owned(),
        })
    }
}

impl From<BeginError> for ApiError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Running => Self::Conflict,
            BeginError::NoSuchQuestion => Self::NotFound,
            BeginError::Full(limit) => Self::LimitReached { limit },
            BeginError::Store(error) => error.into(),
        }
    }
}

/// To nobody whose session has ended.
fn streamed(events: impl Stream<Item = ChatEvent> + Send + 'static, session_end: SessionEnd) -> Answer {
    Box::pin(events.map(Ok).take_until(Box::pin(session_end.ended())))
}

/// The events of an answer that has ended and is no longer in memory, always from its start.
fn told_again(stored: StoredAnswer, reason: EndReason) -> Vec<ChatEvent> {
    let StoredAnswer { question, model, message } = stored;
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    let kinds = [
        Some(ChatEventKind::Open { question, answer: message.id, model }),
        said(message.thinking).map(|text| ChatEventKind::Thinking { text }),
        said(message.text).map(|text| ChatEventKind::Delta { text }),
        message.usage.map(ChatEventKind::Usage),
        message.error.map(ChatEventKind::Error),
        Some(ChatEventKind::End { reason }),
    ];
    kinds.into_iter().flatten().zip(0..).map(|(kind, n)| ChatEvent { n, kind }).collect()
}
