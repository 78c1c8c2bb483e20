//! The task that writes one answer, from storing the question to storing the end. It continues for a grace period when
//! the last reader has gone, so that a reload or a new sign-in loses nothing.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{Instrument, Span};

use super::{
    Chat,
    answer_log::{AnswerName, publish},
    attached::Attached,
    history::History,
    log::Piece,
    models::Model,
    running::RunningAnswer,
    upstream::{Asker, FinishReason, TokenUsage, UpstreamError, UpstreamEvent, UpstreamEvents},
};
use crate::{
    server::{
        auth::sessions::SessionEnd,
        conversations::{
            store::{AnswerStatus, BeginError, Begun, NewQuestion, StoreError},
            text::storable,
        },
        observe::{audit, metrics, traces},
    },
    wire::{
        attachments::room_for_files,
        chat::{AnswerError, ChatEventKind, EndReason, MessageId, Usage},
    },
};

/// How often new text is stored, and the store is checked for a stop request.
const TOUCH_INTERVAL: Duration = Duration::from_millis(750);

/// How long an answer stays in memory after its end, for readers that were about to connect.
const RETENTION: Duration = Duration::from_secs(60);

/// How often an answer without readers at this server is checked for readers at others.
const READER_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Of an answer that was written in less time, no rate is given: it would say nothing.
const SHORTEST_MEASURED: Duration = Duration::from_secs(1);

pub struct AnswerTask {
    pub chat: Chat,
    pub running: Arc<RunningAnswer>,
    pub model: Arc<Model>,
    pub asker: Asker,
    /// Of the session in which the question was sent.
    pub session_end: SessionEnd,
    pub new: NewQuestion,
    /// The oldest message that the model is sent, if older ones are left out.
    sent_from: watch::Sender<Option<MessageId>>,
    /// How many characters of files it is sent, and of how many.
    files: watch::Sender<Option<(usize, usize)>>,
}

/// How an answer ended, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub reason: EndReason,
    pub error: Option<AnswerError>,
}

/// Measures what the answer takes.
struct UsageTimer {
    requested_at: Instant,
    first_token_at: Option<Instant>,
    tokens: Option<TokenUsage>,
}

impl AnswerTask {
    pub fn new(
        chat: Chat,
        running: Arc<RunningAnswer>,
        (model, asker): (Arc<Model>, Asker),
        session_end: SessionEnd,
        new: NewQuestion,
    ) -> Self {
        Self {
            chat,
            running,
            model,
            asker,
            session_end,
            new,
            sent_from: watch::Sender::new(None),
            files: watch::Sender::new(None),
        }
    }

    pub fn sent_from(&self) -> Option<MessageId> {
        self.sent_from.borrow().clone()
    }

    /// Stores the question, sends the outcome to `begun`, and answers the question within `span`. The log lines have the id of
    /// the request that sent the question.
    pub async fn run(self, begun: oneshot::Sender<Result<Begun, BeginError>>, request_id: Option<String>, span: Span) {
        let log_span = tracing::error_span!(target: audit::TARGET, parent: None, "answer", request_id);
        if self.store_and_answer(begun).instrument(span).instrument(log_span).await {
            let _ = timeout(RETENTION, self.chat.running.refusing.cancelled()).await;
        }
        self.chat.running.remove(&self.new.answer);
    }

    /// Returns whether it was a new question.
    async fn store_and_answer(&self, begun: oneshot::Sender<Result<Begun, BeginError>>) -> bool {
        let owner = &self.running.owner;
        let outcome = self.chat.store.begin(owner, &self.new, self.chat.environment.now()).await;
        let is_new = matches!(outcome, Ok(Begun::New));
        if is_new {
            self.running.log.append(self.open());
        }
        // The request may have been cancelled: the question is stored nevertheless.
        let _ = begun.send(outcome);
        if is_new {
            let publishing = self.publish();
            self.answer().await;
            publishing.await;
        }
        is_new
    }

    fn open(&self) -> ChatEventKind {
        let NewQuestion { question, answer, model, .. } = &self.new;
        let (question, answer, model) = (question.clone(), answer.clone(), model.clone());
        ChatEventKind::Open { question, answer, model, sent_from: self.sent_from() }
    }

    /// Appends the events to the log that all servers read. Returns a future that ends when the answer's end is there, or
    /// the server stops.
    fn publish(&self) -> impl Future<Output = ()> + use<> {
        let publishing =
            self.chat.shared.clone().map(|log| tokio::spawn(publish(self.running.log.clone(), log, self.name())));
        async {
            if let Some(publishing) = publishing {
                let _ = publishing.await;
            }
        }
    }

    fn name(&self) -> AnswerName {
        AnswerName { owner: self.running.owner.clone(), answer: self.new.answer.clone() }
    }

    async fn answer(&self) {
        let mut timer = UsageTimer { requested_at: Instant::now(), first_token_at: None, tokens: None };
        // Even after a panic, the answer must end, and end once.
        let outcome = AssertUnwindSafe(self.write(&mut timer)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("writing an answer panicked");
            Outcome::from(UpstreamError::Upstream)
        });
        let (reason, error) = (metrics::wire_name(outcome.reason), outcome.error.map(|error| error.kind));
        // The page shows the answer's id with an error that is a matter for the administrator.
        tracing::info!(reason, error = error.map(metrics::wire_name), answer = %self.new.answer, "answer ended");
        metrics::answer_ended(outcome.reason, error);
        traces::answer_ended(outcome.reason, error);
        let files = *self.files.borrow();
        self.end(outcome, timer.usage(files)).await;
    }

    /// Reads the upstream until it ends or the answer is cancelled. Returning drops the upstream's stream.
    async fn write(&self, timer: &mut UsageTimer) -> Outcome {
        let log = &self.running.log;
        let mut cancelled = pin!(self.cancelled());
        let mut events = pin!(stream::once(self.call_upstream()).try_flatten());
        loop {
            tokio::select! {
                biased;
                reason = &mut cancelled => return Outcome::of(reason),
                () = log.flush_when_due() => {}
                event = events.next() => if let Some(outcome) = self.handle(event, timer) {
                    return outcome;
                },
            }
        }
    }

    /// If the conversation is too long for the model, asks again with less of it.
    async fn call_upstream(&self) -> Result<UpstreamEvents, UpstreamError> {
        let mut history = self.history().await?;
        loop {
            self.emit_sent_from(history.sent_from());
            self.files.send_replace(history.files());
            match self.model.upstream.answer(history.messages(), &self.asker).await {
                Err(UpstreamError::TooLong) if history.cut() => {
                    tracing::info!("the conversation is too long for the model: it is asked again with less of it");
                }
                outcome => return outcome,
            }
        }
    }

    async fn history(&self) -> Result<History, UpstreamError> {
        let (owner, question) = (&self.running.owner, &self.new.question);
        let all = self.model.history_chars.unwrap_or(self.chat.settings.history_chars);
        let text = self.new.text.chars().count();
        let files = match self.new.attachments.len() {
            0 => vec![],
            _ => self.chat.store.files(owner, &self.new.conversation, question).await.map_err(unreadable)?,
        };
        let room = room_for_files(all, text, files.len());
        let files = Attached::new(files, room);
        let budget = all.saturating_sub(text).saturating_sub(files.sent());
        let earlier = self.chat.store.exchanges_before(owner, question, budget).await.map_err(unreadable)?;
        Ok(History::new(earlier, &self.new, files, budget))
    }

    /// The first event was emitted before the history was read, so that the answer can be stopped at once.
    fn emit_sent_from(&self, sent_from: Option<MessageId>) {
        if self.sent_from() != sent_from {
            self.sent_from.send_replace(sent_from);
            self.running.log.append(self.open());
        }
    }

    /// Returns an outcome if the event was the last.
    fn handle(&self, event: Option<Result<UpstreamEvent, UpstreamError>>, timer: &mut UsageTimer) -> Option<Outcome> {
        let piece = match event {
            Some(Ok(UpstreamEvent::Delta(text))) => Piece::Delta(storable(&text)),
            Some(Ok(UpstreamEvent::Thinking(text))) => Piece::Thinking(storable(&text)),
            Some(Ok(UpstreamEvent::TextWasThinking)) => {
                self.running.log.restart_as_thinking(self.open());
                return None;
            }
            Some(Ok(UpstreamEvent::Usage(tokens))) => {
                timer.tokens = Some(tokens);
                return None;
            }
            Some(Ok(UpstreamEvent::Finished(reason))) => return Some(Outcome::of(reason.into())),
            Some(Err(error)) => return Some(error.into()),
            // Without a finish reason, the answer is incomplete.
            None => return Some(Outcome::of(EndReason::Interrupted)),
        };
        if matches!(piece, Piece::Delta(_)) {
            timer.record_first_token();
        }
        self.running.log.push(piece).err().map(|_| Outcome::of(EndReason::Length))
    }

    /// Returns once the answer is to end early, with the reason.
    async fn cancelled(&self) -> EndReason {
        tokio::select! {
            biased;
            () = self.running.stopped() => EndReason::Stopped,
            () = self.chat.running.closing.cancelled() => EndReason::Interrupted,
            _ = self.session_end.clone().ended() => EndReason::Interrupted,
            reason = self.cancelled_in_store() => reason,
            () = self.abandoned() => EndReason::Interrupted,
        }
    }

    /// Returns once there has been no reader for the grace period, neither here nor at another server.
    async fn abandoned(&self) {
        loop {
            self.running.log.abandoned(self.chat.settings.grace).await;
            if !self.has_reader_elsewhere().await {
                return;
            }
            sleep(READER_CHECK_INTERVAL).await;
        }
    }

    /// Readers announce themselves for the length of the grace period.
    async fn has_reader_elsewhere(&self) -> bool {
        match &self.chat.shared {
            // While the log can't be reached, no other server reads it.
            Some(log) => log.has_reader(&self.name()).await.unwrap_or(false),
            None => false,
        }
    }

    /// Stores new text from time to time. Returns once the store says that the answer is to end: another server may have
    /// requested a stop, or deleted the conversation.
    async fn cancelled_in_store(&self) -> EndReason {
        let mut ticks = interval(TOUCH_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stored = 0;
        loop {
            ticks.tick().await;
            let Chat { store, environment, .. } = &self.chat;
            // The text was thinking: it begins anew.
            stored = if self.running.log.text_len() < stored { 0 } else { stored };
            let more = self.running.log.text_from(stored);
            match store.touch(&self.new.answer, stored, &more, environment.now()).await {
                Ok(AnswerStatus::Running) => stored += more.len(),
                Ok(AnswerStatus::StopRequested) => return EndReason::Stopped,
                Ok(AnswerStatus::Gone) => return EndReason::Interrupted,
                // The answer continues: the store may be back before its end.
                Err(error) => tracing::warn!(%error, "a running answer was not stored"),
            }
        }
    }
}

fn unreadable(error: StoreError) -> UpstreamError {
    tracing::error!(%error, "what was said before can't be read");
    UpstreamError::Upstream
}

impl Outcome {
    fn of(reason: EndReason) -> Self {
        Self { reason, error: None }
    }
}

impl From<UpstreamError> for Outcome {
    fn from(error: UpstreamError) -> Self {
        let retry_after = match error {
            UpstreamError::Limit { retry_after } | UpstreamError::Busy { retry_after } => retry_after,
            _ => None,
        };
        let reason = match error {
            UpstreamError::Filtered => EndReason::Filtered,
            _ => EndReason::Interrupted,
        };
        let retry_after = retry_after.map(|after| after.as_secs_f64().ceil() as u64);
        let misconfigured = error == UpstreamError::Misconfigured;
        Self { reason, error: Some(AnswerError { kind: error.kind(), retry_after, misconfigured }) }
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

impl UsageTimer {
    fn record_first_token(&mut self) {
        let requested_at = self.requested_at;
        self.first_token_at.get_or_insert_with(|| {
            metrics::first_token(requested_at.elapsed());
            Instant::now()
        });
    }

    /// `None` if there was no text.
    fn usage(&self, files: Option<(usize, usize)>) -> Option<Usage> {
        let first_token_at = self.first_token_at?;
        let tokens = self.tokens.unwrap_or_default();
        let rate = tokens.output.and_then(|output| rate(output, first_token_at.elapsed()));
        Some(Usage {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            first_token_ms: u64::try_from((first_token_at - self.requested_at).as_millis()).ok(),
            tokens_per_second: rate,
            files_chars: files.map(|(_, all)| all as u64),
            files_sent_chars: files.map(|(sent, _)| sent as u64),
        })
    }
}

/// Tokens a second, to a tenth.
fn rate(tokens: u64, writing_time: Duration) -> Option<f64> {
    let is_measured = writing_time >= SHORTEST_MEASURED;
    is_measured.then(|| (tokens as f64 / writing_time.as_secs_f64() * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_written_in_less_than_a_second_has_no_rate() {
        assert_eq!(rate(2, Duration::from_millis(1)), None);
        assert_eq!(rate(8898, Duration::from_millis(999)), None);
        assert_eq!(rate(50, Duration::from_secs(1)), Some(50.0));
        assert_eq!(rate(100, Duration::from_millis(3000)), Some(33.3));
    }
}
