//! The task that writes one answer, from the stored question to the stored end. It goes on without a reader for as
//! long as the grace, so that a reload, or a sign-in on the way, costs nothing.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::{
    sync::oneshot,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{Instrument, Span};

use super::{
    Chat,
    log::Piece,
    running::Running,
    upstream::{FinishReason, Message, Role, TokenUsage, UpstreamError, UpstreamEvent},
};
use crate::{
    server::{
        auth::sessions::SessionEnd,
        conversations::{
            store::{BeginError, Begun, Ending, Exchange, NewQuestion, Wish},
            text::storable,
        },
        observe::{metrics, traces},
    },
    wire::{
        auth::UserClaims,
        chat::{AnswerError, AnswerErrorKind, ChatEventKind, EndReason, Usage},
    },
};

/// How often the store learns what there is, and tells whether to go on.
const TOUCH: Duration = Duration::from_millis(750);

/// An ended answer is kept in memory for as long, for readers who were on their way.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What storing the end is worth: tries, each of them bounded, and the pause between two.
const TRIES: usize = 5;
const LONGEST_TRY: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(500);

pub struct Writing {
    pub chat: Chat,
    pub running: Arc<Running>,
    pub user: UserClaims,
    /// Of the session that it was asked in.
    pub session_end: SessionEnd,
    pub new: NewQuestion,
}

/// How an answer ended, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    reason: EndReason,
    error: Option<AnswerErrorKind>,
    retry_after: Option<Duration>,
}

/// What the answer has taken so far.
struct Meter {
    asked_at: Instant,
    first_at: Option<Instant>,
    tokens: Option<TokenUsage>,
}

impl Writing {
    /// Stores the question, says what came of that, answers it within `span`, and is remembered for a while.
    pub async fn begin(self, begun: oneshot::Sender<Result<Begun, BeginError>>, span: Span) {
        if self.is_answered(begun).instrument(span).await {
            let _ = timeout(REMEMBERED, self.chat.running.closing.cancelled()).await;
        }
        self.chat.running.forget(&self.new.answer);
    }

    /// Tells whether it was a new question.
    async fn is_answered(&self, begun: oneshot::Sender<Result<Begun, BeginError>>) -> bool {
        let owner = &self.running.owner;
        let outcome = self.chat.store.begin(owner, &self.new, self.chat.environment.now()).await;
        let is_new = matches!(outcome, Ok(Begun::New));
        if is_new {
            let Self { new, .. } = self;
            let (question, answer, model) = (new.question.clone(), new.answer.clone(), new.model.clone());
            self.running.log.tell(ChatEventKind::Open { question, answer, model });
        }
        // Whoever asked may have gone: the question is stored nevertheless.
        let _ = begun.send(outcome);
        if is_new {
            self.answer().await;
        }
        is_new
    }

    async fn answer(&self) {
        let mut meter = Meter { asked_at: Instant::now(), first_at: None, tokens: None };
        // Whatever happens, the answer ends, and ends once.
        let outcome = AssertUnwindSafe(self.write(&mut meter)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("writing an answer panicked");
            Outcome { error: Some(AnswerErrorKind::Upstream), ..Outcome::of(EndReason::Interrupted) }
        });
        tracing::info!(reason = ?outcome.reason, error = ?outcome.error, "answer ended");
        metrics::answer_ended(outcome.reason, outcome.error);
        traces::answer_ended(outcome.reason, outcome.error);
        self.end(outcome, meter.usage()).await;
    }

    /// Pulls the upstream until it has ended, or is no longer wanted; it is dropped in any case when this returns.
    async fn write(&self, meter: &mut Meter) -> Outcome {
        let log = &self.running.log;
        let mut unwanted = pin!(self.unwanted());
        let mut events = pin!(stream::once(self.ask()).try_flatten());
        loop {
            tokio::select! {
                biased;
                reason = &mut unwanted => return Outcome::of(reason),
                () = log.tell_when_due() => {}
                event = events.next() => if let Some(outcome) = self.take(event, meter) {
                    return outcome;
                },
            }
        }
    }

    async fn ask(&self) -> Result<super::upstream::UpstreamEvents, UpstreamError> {
        let budget = self.chat.settings.history_chars.saturating_sub(self.new.text.chars().count());
        let earlier = self.chat.store.exchanges_before(&self.running.owner, &self.new.question, budget).await;
        let earlier = earlier.map_err(|error| {
            tracing::error!(%error, "what was said before can't be read");
            UpstreamError::Upstream
        })?;
        self.chat.upstream.answer(messages(earlier, &self.new.text), &self.user).await
    }

    /// Takes one event, and tells whether it was the last.
    fn take(&self, event: Option<Result<UpstreamEvent, UpstreamError>>, meter: &mut Meter) -> Option<Outcome> {
        let piece = match event {
            Some(Ok(UpstreamEvent::Delta(text))) => Piece::Delta(storable(&text)),
            Some(Ok(UpstreamEvent::Thinking(text))) => Piece::Thinking(storable(&text)),
            Some(Ok(UpstreamEvent::Usage(tokens))) => {
                meter.tokens = Some(tokens);
                return None;
            }
            Some(Ok(UpstreamEvent::Finished(reason))) => return Some(Outcome::of(reason.into())),
            Some(Err(error)) => return Some(error.into()),
            // An upstream that just stops has not finished.
            None => return Some(Outcome::of(EndReason::Interrupted)),
        };
        if matches!(piece, Piece::Delta(_)) {
            meter.first_words();
        }
        self.running.log.take(piece).err().map(|_| Outcome::of(EndReason::Length))
    }

    /// Returns once nobody wants the answer any more, with what that makes of it.
    async fn unwanted(&self) -> EndReason {
        tokio::select! {
            biased;
            () = self.running.stopped() => EndReason::Stopped,
            () = self.chat.running.closing.cancelled() => EndReason::Interrupted,
            () = self.session_end.clone().ended() => EndReason::Interrupted,
            reason = self.unwanted_by_store() => reason,
            () = self.running.log.abandoned(self.chat.settings.grace) => EndReason::Interrupted,
        }
    }

    /// Keeps the store up to date; there, others leave their wishes.
    async fn unwanted_by_store(&self) -> EndReason {
        let mut ticks = interval(TOUCH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stored = 0;
        loop {
            ticks.tick().await;
            let Chat { store, environment, .. } = &self.chat;
            let more = self.running.log.text_from(stored);
            match store.touch(&self.new.answer, stored, &more, environment.now()).await {
                Ok(Wish::GoOn) => stored += more.len(),
                Ok(Wish::Stop) => return EndReason::Stopped,
                Ok(Wish::Gone) => return EndReason::Interrupted,
                // The reader is there, and so is the upstream; the store may come back before the end.
                Err(error) => tracing::warn!(%error, "a running answer was not stored"),
            }
        }
    }

    /// Stores the end before it is told: who reads it and looks again finds it.
    async fn end(&self, outcome: Outcome, usage: Option<Usage>) {
        let log = &self.running.log;
        if let Some(usage) = usage {
            log.tell(ChatEventKind::Usage(usage));
        }
        let error = outcome.error();
        if let Some(error) = error {
            log.tell(ChatEventKind::Error(error));
        }
        log.tell_pending();
        let ending = Ending { text: log.text(), thinking: log.thinking(), reason: outcome.reason, error, usage };
        self.store(&ending).await;
        log.tell(ChatEventKind::End { reason: outcome.reason });
    }

    async fn store(&self, ending: &Ending) {
        for _ in 0..TRIES {
            match timeout(LONGEST_TRY, self.chat.store.end(&self.new.answer, ending)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(%error, "the end of an answer was not stored"),
                Err(_) => tracing::warn!("the end of an answer was not stored in time"),
            }
            sleep(PAUSE).await;
        }
        tracing::error!("the end of an answer is lost");
    }
}

/// In order, with the question last.
fn messages(earlier: Vec<Exchange>, question: &str) -> Vec<Message> {
    let earlier = earlier.into_iter().flat_map(|Exchange { question, answer }| {
        [Message { role: Role::User, text: question }, Message { role: Role::Assistant, text: answer }]
    });
    earlier.chain([Message { role: Role::User, text: question.to_owned() }]).collect()
}

impl Outcome {
    fn of(reason: EndReason) -> Self {
        Self { reason, error: None, retry_after: None }
    }

    fn error(self) -> Option<AnswerError> {
        let retry_after = self.retry_after.map(|after| after.as_secs_f64().ceil() as u64);
        self.error.map(|kind| AnswerError { kind, retry_after })
    }
}

impl From<UpstreamError> for Outcome {
    fn from(error: UpstreamError) -> Self {
        let (kind, retry_after) = match error {
            UpstreamError::Auth => (AnswerErrorKind::Auth, None),
            UpstreamError::Limit { retry_after } => (AnswerErrorKind::Limit, retry_after),
            UpstreamError::Busy { retry_after } => (AnswerErrorKind::Busy, retry_after),
            UpstreamError::Upstream => (AnswerErrorKind::Upstream, None),
            UpstreamError::Filtered => (AnswerErrorKind::Filtered, None),
            UpstreamError::TooLong => (AnswerErrorKind::TooLong, None),
            UpstreamError::Network => (AnswerErrorKind::Network, None),
            UpstreamError::Timeout => (AnswerErrorKind::Timeout, None),
        };
        let reason = match error {
            UpstreamError::Filtered => EndReason::Filtered,
            _ => EndReason::Interrupted,
        };
        Self { reason, error: Some(kind), retry_after }
    }
}

impl From<FinishReason> for EndReason {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::Complete => Self::Complete,
            FinishReason::Length => Self::Length,
            FinishReason::Filtered => Self::Filtered,
        }
    }
}

impl Meter {
    fn first_words(&mut self) {
        let asked_at = self.asked_at;
        self.first_at.get_or_insert_with(|| {
            metrics::first_token(asked_at.elapsed());
            Instant::now()
        });
    }

    /// Nothing where there is nothing to tell.
    fn usage(&self) -> Option<Usage> {
        let first_at = self.first_at?;
        let tokens = self.tokens.unwrap_or_default();
        let seconds = first_at.elapsed().as_secs_f64();
        let rate = tokens.output.filter(|_| seconds > 0.0).map(|output| output as f64 / seconds);
        Some(Usage {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            first_token_ms: u64::try_from((first_at - self.asked_at).as_millis()).ok(),
            tokens_per_second: rate.map(|rate| (rate * 10.0).round() / 10.0),
        })
    }
}
