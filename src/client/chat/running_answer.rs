//! The answer that is being written: its place in the transcript, its text, and the stream of its events, which is resumed
//! where the connection breaks.

use std::{pin::pin, rc::Rc, time::Duration};

use dioxus::prelude::*;
use futures_channel::oneshot::{self, Canceled};
use futures_util::future::{Either, select};

use super::{
    announcer::Announcer,
    answer_requests::{self, Call},
    entry::{Entry, Progress},
    received_answer::{AnswerText, ReceivedAnswer},
    tasks::Tasks,
};
use crate::{
    api::EventStream,
    client::{
        platform::{clock, frame},
        session::{Auth, use_auth},
    },
    wire::{
        chat::{ChatEvent, ChatEventKind, FollowRequest, MessageId},
        error::ApiError,
    },
};

/// Between two attempts to resume a stream that broke, with jitter; the last delay is repeated. Only the end of the answer, or
/// the person, ends the attempts.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

#[derive(Clone, Copy, PartialEq)]
pub struct RunningAnswer {
    auth: Auth,
    tasks: Tasks,
    announcer: Announcer,
    /// Its place in the transcript, while an answer is running.
    entry: Signal<Option<Rc<Entry>>>,
    /// Whether another version is shown than the one it belongs to. It is read on.
    is_elsewhere: Signal<bool>,
    /// What has been received; changes with every event.
    received: CopyValue<ReceivedAnswer>,
    /// What is shown of it; changes once per frame.
    text: Signal<AnswerText>,
    /// Its stream broke, and could not be resumed yet.
    is_reconnecting: Signal<bool>,
    is_paint_due: CopyValue<bool>,
    interrupter: CopyValue<Option<Interrupter>>,
}

/// Interrupts the reader of an answer. A message stops the answer, by its id if that is known. Where this is dropped, the
/// conversation was left, and the answer goes on without this page.
type Interrupter = oneshot::Sender<Option<MessageId>>;

/// Receives the interruption.
pub type Interrupt = oneshot::Receiver<Option<MessageId>>;

/// Why the reader of an answer has ended.
pub enum Outcome {
    /// The answer has ended or failed.
    Over(Progress),
    /// The person has stopped the answer; `Ok` if the server has confirmed that.
    Stopped(Result<(), ApiError>),
    /// The conversation was left.
    Left,
}

enum StreamEnd {
    Outcome(Outcome),
    Broken(ApiError),
}

impl RunningAnswer {
    pub fn use_running_answer(tasks: Tasks, announcer: Announcer) -> Self {
        let auth = use_auth();
        use_hook(|| Self {
            auth,
            tasks,
            announcer,
            entry: Signal::new(None),
            is_elsewhere: Signal::new(false),
            received: CopyValue::new(ReceivedAnswer::default()),
            text: Signal::new(AnswerText::default()),
            is_reconnecting: Signal::new(false),
            is_paint_due: CopyValue::new(false),
            interrupter: CopyValue::new(None),
        })
    }

    /// Its place in the transcript, while an answer is running. Subscribes the caller.
    pub fn entry(self) -> Option<Rc<Entry>> {
        self.entry.read().clone()
    }

    /// Whether another version is shown. Subscribes the caller.
    pub fn is_elsewhere(self) -> bool {
        *self.is_elsewhere.read()
    }

    pub fn set_elsewhere(mut self, is_elsewhere: bool) {
        if *self.is_elsewhere.peek() != is_elsewhere {
            self.is_elsewhere.set(is_elsewhere);
        }
    }

    /// Does not subscribe the caller.
    pub fn id(self) -> Option<MessageId> {
        self.entry.peek().as_ref().and_then(|entry| entry.id.clone())
    }

    pub fn set_versions(mut self, versions: &[MessageId]) {
        let entry = self.entry.peek().as_deref().cloned();
        if let Some(entry) = entry.filter(|entry| entry.versions != versions) {
            self.entry.set(Some(Rc::new(Entry { versions: versions.to_vec(), ..entry })));
        }
    }

    /// Subscribes the caller.
    pub fn text(self) -> AnswerText {
        self.text.read().clone()
    }

    /// Subscribes the caller.
    pub fn is_reconnecting(self) -> bool {
        *self.is_reconnecting.read()
    }

    /// Does not subscribe the caller.
    pub fn is_running(self) -> bool {
        self.entry.peek().is_some()
    }

    /// Shows an empty answer. Its events are to be read with [`RunningAnswer::read`].
    pub fn begin(mut self, key: u64, call: &Call) -> Interrupt {
        let (interrupter, interrupt) = oneshot::channel();
        self.interrupter.set(Some(interrupter));
        self.received.set(ReceivedAnswer::default());
        self.text.set(AnswerText::default());
        self.is_reconnecting.set(false);
        self.set_elsewhere(false);
        self.announcer.clear();
        // Of an answer that is followed, it is not known.
        let at = matches!(call, Call::Send(_)).then(clock::unix_time);
        let entry = Entry { at, ..Entry::answer(key, call.answer().cloned(), Progress::Running) };
        self.entry.set(Some(Rc::new(entry)));
        interrupt
    }

    /// Stops the answer. Returns its entry, which is stopping until the reader's outcome says that it has stopped.
    pub fn stop(mut self) -> Option<Rc<Entry>> {
        let entry = self.finish(Progress::Stopping)?;
        if let Some(interrupter) = self.interrupter.take() {
            // Fails only when the reader has ended.
            let _ = interrupter.send(entry.id.clone());
        }
        Some(entry)
    }

    /// The answer is not running any more. Returns its entry with everything received.
    pub fn finish(mut self, progress: Progress) -> Option<Rc<Entry>> {
        let entry = self.entry.take()?;
        let received = self.received.peek();
        match *self.is_elsewhere.peek() {
            false => self.announcer.announce_end(&received.blocks, &progress),
            true => self.announcer.say_end(&progress),
        }
        Some(Rc::new(received.entry(&entry, progress)))
    }

    /// The conversation is left; the answer goes on without this page.
    pub fn leave(mut self) {
        self.interrupter.set(None);
        self.entry.set(None);
        self.received.set(ReceivedAnswer::default());
        self.text.set(AnswerText::default());
    }

    /// Reads the answer to its end, or until it is interrupted. `on_open` is called with the ids of the question and the
    /// answer.
    pub async fn read(
        self,
        mut call: Call,
        mut interrupt: Interrupt,
        on_open: impl Fn(&MessageId, &MessageId),
    ) -> Outcome {
        match interrupt.try_recv() {
            Ok(None) => {}
            Ok(Some(answer)) => {
                return match answer {
                    Some(answer) => Outcome::Stopped(answer_requests::stop(self.auth, answer).await),
                    // Nothing was sent yet.
                    None => Outcome::Stopped(Ok(())),
                };
            }
            Err(Canceled) => return Outcome::Left,
        }
        let mut attempts = 0;
        loop {
            let last_event = self.received.peek().last_event;
            let error = match self.read_stream(&call, &mut interrupt, &on_open).await {
                StreamEnd::Outcome(outcome) => return outcome,
                // The page signs in again; the draft has stored what was sent.
                StreamEnd::Broken(ApiError::SessionEnded) => return Outcome::Left,
                StreamEnd::Broken(error) => error,
            };
            let (id, new_last_event) = {
                let received = self.received.peek();
                (received.id.clone(), received.last_event)
            };
            if new_last_event > last_event {
                attempts = 0;
            }
            let may_pass =
                matches!(error, ApiError::Unreachable | ApiError::Unavailable | ApiError::TooManyRequests { .. });
            let (Some(answer), true) = (id, may_pass) else {
                return Outcome::Over(Progress::Failed(error));
            };
            self.show_reconnecting(attempts > 0);
            let delay =
                RETRY_DELAYS[attempts.min(RETRY_DELAYS.len() - 1)].max(Duration::from_secs(error.retry_after()));
            attempts += 1;
            match select(&mut interrupt, pin!(clock::sleep_with_jitter(delay))).await {
                Either::Left((Ok(_), _)) => return Outcome::Stopped(answer_requests::stop(self.auth, answer).await),
                Either::Left((Err(Canceled), _)) => return Outcome::Left,
                Either::Right(_) => {}
            }
            call = Call::Follow(FollowRequest { answer, after: new_last_event });
        }
    }

    async fn read_stream(
        self,
        call: &Call,
        interrupt: &mut Interrupt,
        on_open: &impl Fn(&MessageId, &MessageId),
    ) -> StreamEnd {
        let opening = pin!(call.open(self.auth));
        let opened = match select(&mut *interrupt, opening).await {
            Either::Right((opened, _)) => opened,
            Either::Left((Ok(Some(answer)), _)) => {
                return StreamEnd::Outcome(Outcome::Stopped(answer_requests::stop(self.auth, answer).await));
            }
            Either::Left((Ok(None), opening)) => {
                return StreamEnd::Outcome(Outcome::Stopped(self.stop_when_open(opening.await).await));
            }
            Either::Left((Err(Canceled), _)) => return StreamEnd::Outcome(Outcome::Left),
        };
        let mut events = match opened {
            Ok(events) => events,
            Err(error) => return StreamEnd::Broken(error),
        };
        loop {
            let received = match select(&mut *interrupt, pin!(events.recv())).await {
                Either::Right((event, _)) => Ok(event),
                Either::Left((interruption, _)) => Err(interruption),
            };
            match received {
                Ok(Some(event)) => self.add(event, on_open),
                // A stream without an end event has broken.
                Ok(None) => return StreamEnd::Broken(ApiError::Unreachable),
                Err(Ok(Some(answer))) => {
                    // Closes the connection.
                    drop(events);
                    return StreamEnd::Outcome(Outcome::Stopped(answer_requests::stop(self.auth, answer).await));
                }
                Err(Ok(None)) => return StreamEnd::Outcome(Outcome::Stopped(self.stop_when_open(Ok(events)).await)),
                Err(Err(Canceled)) => return StreamEnd::Outcome(Outcome::Left),
            }
            if let Some(end) = self.received.peek().end() {
                return StreamEnd::Outcome(Outcome::Over(end));
            }
        }
    }

    /// Stops an answer that was sent and whose id is not known yet: the first event has it.
    async fn stop_when_open(self, stream: Result<EventStream, ApiError>) -> Result<(), ApiError> {
        let mut events = stream?;
        loop {
            let event = events.recv().await.ok_or(ApiError::Unreachable)?;
            if let ChatEventKind::Open { answer, .. } = event.kind {
                return answer_requests::stop(self.auth, answer).await;
            }
        }
    }

    fn add(mut self, event: ChatEvent, on_open: impl Fn(&MessageId, &MessageId)) {
        if let ChatEventKind::Open { question, answer, sent_from, .. } = &event.kind {
            let entry = self.entry.peek().as_deref().cloned();
            let (id, sent_from) = (Some(answer.clone()), sent_from.clone());
            self.entry.set(entry.map(|entry| Rc::new(Entry { id, sent_from, ..entry })));
            on_open(question, answer);
        }
        self.received.write().add(event);
        self.show_reconnecting(false);
        self.paint_soon();
    }

    /// Not shown for the first attempt, which usually succeeds at once.
    fn show_reconnecting(mut self, is_reconnecting: bool) {
        if *self.is_reconnecting.peek() != is_reconnecting {
            self.is_reconnecting.set(is_reconnecting);
        }
    }

    /// Updates what is shown at the next frame, once for all events until then.
    fn paint_soon(mut self) {
        if self.is_paint_due.replace(true) {
            return;
        }
        self.tasks.start(async move {
            frame::next_frame().await;
            self.is_paint_due.set(false);
            let received = self.received.peek();
            let text = received.text_so_far();
            if !*self.is_elsewhere.peek() {
                self.announcer.announce(&received.blocks);
            }
            drop(received);
            self.text.set(text);
        });
    }
}
