//! Answers to messages. A task of its own writes each answer into a log in memory. The request that sent the message reads
//! that log, and so does every later request that follows the answer.
//!
//! # When an answer ends early
//!
//! - A stop request ends it at once, or within a second if another server receives the request.
//! - When its last reader is gone, at all servers (a reload, a new sign-in, a lost connection and a closed tab look the same
//!   to the server), it continues for the grace period (`CHAT_GRACE_SECONDS`), then ends as interrupted.
//! - It ends within a second when its conversation is deleted, and at the end of the session that sent the message.
//! - It ends as interrupted when the server stops. The text so far is stored.
//!
//! # Several servers
//!
//! Where servers share a Redis, the server that writes an answer also appends its events to an [`AnswerLog`], and any other
//! server follows it there. Without a shared log, other servers answer `Unavailable` (503 with `Retry-After`) until the
//! answer has ended.
//!
//! A server that writes an answer stores its text about every second. If it has not for [`LOST_AFTER`], it has failed, and
//! the answer counts as interrupted. A reader at another server gets that end, and stores it with the text that the log
//! has; so do the next message of the conversation and, with SQLite, the start of the server, with the stored text. A writer
//! that was only slow then emits the stored text and end. `tests/models/answer_log` is a model of this.
//!
//! [`LOST_AFTER`]: super::conversations::store::LOST_AFTER

pub mod answer_log;
mod attached;
mod ending;
mod history;
mod log;
mod lost_answer;
pub mod models;
mod running;
pub mod upstream;
mod writing;

use std::{error::Error, pin::Pin, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::oneshot, time::timeout};

pub use self::running::AnswerLimits;
use self::{
    answer_log::{AnswerLog, AnswerName, Following},
    lost_answer::end_lost,
    models::{Model, Models, NoModel},
    running::RunningAnswers,
    upstream::Asker,
    writing::AnswerTask,
};
use super::{
    auth::{oidc::Permissions, sessions::SessionEnd},
    conversations::{
        ConversationStore, Owner, check_length,
        store::{BeginError, Begun, NewQuestion, StoreError, StoredAnswer},
        text::storable,
    },
    environment::Environment,
    observe::{
        audit::{self, Event},
        traces,
    },
};
use crate::wire::{
    attachments::{Attachment, AttachmentLimits, PageLimits},
    auth::UserClaims,
    chat::{
        ChatEvent, ChatEventKind, ChatRequest, ConversationId, EndReason, FollowRequest, MAX_MESSAGE_CHARS, MessageId,
        StopRequest,
    },
    conversations::Done,
    error::ApiError,
};

/// How long a stop request waits for the end of the answer, which usually takes less than a second.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Numbered events. Dropping the stream ends nothing but the reading.
pub type Answer = Pin<Box<dyn Stream<Item = Result<ChatEvent, Box<dyn Error + Send + Sync>>> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatSettings {
    /// How long an answer continues without a reader.
    pub grace: Duration,
    /// The longest history that is sent to the upstream, in characters.
    pub history_chars: usize,
    pub limits: AnswerLimits,
    pub attachments: AttachmentLimits,
}

impl ChatSettings {
    /// Enough time for a reload or a sign-in; some 15,000 tokens of history.
    pub const DEFAULT: Self = Self {
        grace: Duration::from_secs(20),
        history_chars: 60_000,
        limits: AnswerLimits::DEFAULT,
        attachments: AttachmentLimits::DEFAULT,
    };
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[derive(Clone)]
pub struct Chat {
    store: Arc<dyn ConversationStore>,
    models: Models,
    settings: ChatSettings,
    environment: Environment,
    running: Arc<RunningAnswers>,
    /// Where other servers read the answers that this one writes, and this one theirs.
    shared: Option<Arc<dyn AnswerLog>>,
}

impl Chat {
    pub fn new(
        store: Arc<dyn ConversationStore>,
        models: Models,
        settings: ChatSettings,
        environment: Environment,
    ) -> Self {
        let running = Arc::new(RunningAnswers::new(settings.limits));
        Self { store, models, settings, environment, running, shared: None }
    }

    /// Shares its answers with all servers that have this log.
    pub fn sharing(self, log: Arc<dyn AnswerLog>) -> Self {
        Self { shared: Some(log), ..self }
    }

    /// Stores the message and begins its answer. If its idempotency key was used before, follows that answer instead.
    pub async fn answer(
        &self,
        user: &UserClaims,
        permissions: &Permissions,
        session_end: SessionEnd,
        model: Arc<Model>,
        request: ChatRequest,
    ) -> Result<Answer, ApiError> {
        check_length("message", request.message.trim(), 1, MAX_MESSAGE_CHARS)?;
        let owner = Owner::of(user);
        let new = self.new_question(&owner, request, &model).await?;
        let asker =
            Asker { user: user.clone(), roles: permissions.roles.clone(), conversation: new.conversation.clone() };
        let answer = new.answer.clone();
        let running = self.running.insert(&answer, &owner)?;
        // Counts as a reader from here on, so that the grace period begins only when the request ends.
        let events = running.log.read(None);
        let task = AnswerTask::new(self.clone(), running, (model, asker), session_end.clone(), new);
        // Storing the question is part of the task, so that a cancelled request leaves nothing half done.
        let (begun, outcome) = oneshot::channel();
        self.running.tasks.spawn(task.run(begun, audit::request_id(), traces::answer()));
        match outcome.await {
            Ok(Ok(Begun::New)) => Ok(streamed(events, session_end)),
            Ok(Ok(Begun::AlreadyStored { answer })) => self.follow_as(&owner, session_end, answer, None).await,
            Ok(Err(error)) => Err(error.into()),
            Err(_) => {
                self.running.remove(&answer);
                Err(ApiError::Unavailable)
            }
        }
    }

    /// The events of an answer after number `after`, or from its start if there is no such event.
    pub async fn follow(
        &self,
        user: &UserClaims,
        session_end: SessionEnd,
        request: FollowRequest,
    ) -> Result<Answer, ApiError> {
        self.follow_as(&Owner::of(user), session_end, request.answer, request.after).await
    }

    /// Returns once the answer has ended, or will end within a second.
    pub async fn stop(&self, user: &UserClaims, request: StopRequest) -> Result<Done, ApiError> {
        let owner = Owner::of(user);
        if let Some(running) = self.running.find(&request.answer, &owner) {
            running.stop();
            // It ends even if that takes longer than this request waits.
            let _ = timeout(STOP_TIMEOUT, running.log.ended()).await;
            return Ok(Done {});
        }
        let stored = self.stored(&owner, &request.answer).await?;
        if stored.message.is_running() {
            self.store.request_stop(&owner, &request.answer).await?;
        }
        Ok(Done {})
    }

    /// What a page has to know of the limits before a message is sent.
    pub fn page_limits(&self) -> PageLimits {
        PageLimits { attachments: self.settings.attachments, history_chars: self.settings.history_chars }
    }

    /// How many answers this process is writing.
    pub fn running(&self) -> usize {
        self.running.count()
    }

    /// How many it may write.
    pub fn max_running(&self) -> u32 {
        self.settings.limits.total.get()
    }

    /// Refuses new answers. Those that are running go on.
    pub fn refuse_new(&self) {
        self.running.refusing.cancel();
        self.running.tasks.close();
    }

    /// Ends every answer as interrupted, and refuses new ones.
    pub fn close(&self) {
        self.refuse_new();
        self.running.closing.cancel();
    }

    /// Returns once new answers are refused, every answer has ended, and its end is stored.
    pub async fn finished(&self) {
        self.running.tasks.wait().await;
    }

    async fn follow_as(
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
        let name = AnswerName { owner: owner.clone(), answer };
        if let Some(reason) = stored.message.end {
            let stored = match reason {
                // It may only count as interrupted: its end is stored before anybody is shown it.
                EndReason::Interrupted => self.end_lost(&name, stored).await?,
                _ => stored,
            };
            let reason = stored.message.end.ok_or(ApiError::Unavailable)?;
            return Ok(streamed(stream::iter(replay(stored, reason)), session_end));
        }
        // Another server is writing it.
        let log = self.shared.clone().ok_or(ApiError::Unavailable)?;
        let (store, environment) = (self.store.clone(), self.environment.clone());
        match Following::start(log, store, environment, name, self.settings.grace, after).await {
            Ok(Some(events)) => Ok(streamed(events, session_end)),
            // It has not appended anything yet.
            Ok(None) => Err(ApiError::Unavailable),
            Err(error) => {
                tracing::warn!(%error, "an answer that another server writes can't be followed");
                Err(ApiError::Unavailable)
            }
        }
    }

    async fn stored(&self, owner: &Owner, answer: &MessageId) -> Result<StoredAnswer, ApiError> {
        self.store.answer(owner, answer, self.environment.now()).await?.ok_or(ApiError::NotFound)
    }

    async fn end_lost(&self, name: &AnswerName, stored: StoredAnswer) -> Result<StoredAnswer, ApiError> {
        let now = self.environment.now();
        let ended = end_lost(&*self.store, self.shared.as_deref(), name, &stored, now).await?;
        ended.ok_or(ApiError::NotFound)
    }

    /// What people may choose from.
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The model with this id, or else the first that the person may ask.
    pub fn choose_model(
        &self,
        user: &UserClaims,
        permissions: &Permissions,
        id: Option<&str>,
    ) -> Result<Arc<Model>, ApiError> {
        let chosen = self.models.choose(id, &permissions.roles);
        Ok(chosen.inspect_err(|reason| {
            if *reason != NoModel::Unknown {
                audit::record(Event::AccessDenied, Some(user), Some(&"a role of the model is lacking"));
            }
        })?)
    }

    async fn new_question(&self, owner: &Owner, request: ChatRequest, model: &Model) -> Result<NewQuestion, ApiError> {
        let random_id = || {
            self.environment.random_text().map(MessageId::new).map_err(|error| {
                tracing::error!(%error, "message not answered");
                ApiError::Unavailable
            })
        };
        let text = storable(&request.message);
        let attachments = attached::checked(request.attachments, self.settings.attachments)?;
        let question = match &request.version_of {
            Some(id) if self.is_stored(owner, &request.conversation, id, &text, &attachments).await? => id.clone(),
            _ => random_id()?,
        };
        Ok(NewQuestion {
            conversation: request.conversation,
            idempotency_key: request.idempotency_key,
            version_of: request.version_of,
            after: request.after,
            text,
            attachments,
            question,
            answer: random_id()?,
            model: model.id.clone(),
        })
    }

    /// Whether the question is the same, so that it is asked once more and not in other words.
    async fn is_stored(
        &self,
        owner: &Owner,
        conversation: &ConversationId,
        question: &MessageId,
        text: &str,
        attachments: &[Attachment],
    ) -> Result<bool, StoreError> {
        if self.store.question(owner, question).await?.as_deref() != Some(text) {
            return Ok(false);
        }
        let files = self.store.files(owner, conversation, question).await?;
        Ok(attached::are_stored(attachments, question, &files))
    }
}

impl From<BeginError> for ApiError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Running => Self::Conflict,
            BeginError::NoSuchQuestion => Self::NotFound,
            BeginError::LimitReached(limit) => Self::LimitReached { limit },
            BeginError::Store(error) => error.into(),
        }
    }
}

/// Ends with the session.
fn streamed(events: impl Stream<Item = ChatEvent> + Send + 'static, session_end: SessionEnd) -> Answer {
    Box::pin(events.map(Ok).take_until(Box::pin(session_end.ended())))
}

/// The events of an answer that has ended and is no longer in memory. They are fewer than it had at first, so their
/// numbers differ, and a reader always starts at the first.
fn replay(stored: StoredAnswer, reason: EndReason) -> Vec<ChatEvent> {
    let StoredAnswer { question, model, message } = stored;
    let non_empty = |text: String| Some(text).filter(|text| !text.is_empty());
    let kinds = [
        Some(ChatEventKind::Open { question, answer: message.id, model, sent_from: message.sent_from }),
        non_empty(message.thinking).map(|text| ChatEventKind::Thinking { text }),
        non_empty(message.text).map(|text| ChatEventKind::Delta { text }),
        message.usage.map(ChatEventKind::Usage),
        message.error.map(ChatEventKind::Error),
        Some(ChatEventKind::End { reason }),
    ];
    kinds.into_iter().flatten().zip(0..).map(|(kind, n)| ChatEvent { n, kind }).collect()
}
