//! How an answer arrives: its events are read to their end, and followed where the connection was lost on the way.

use std::{cell::Cell, rc::Rc, time::Duration};

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::{
    future::{Either, select},
    pin_mut,
};

use super::{
    conversation::{Conversation, Ending},
    entry::{Author, Entry, Progress},
};
use crate::{
    api::{self, Authorized, EventStream},
    client::{browser, browser_key, listeners},
    wire::{
        chat::{ChatEvent, ChatEventKind, ChatRequest, FollowRequest, MessageId},
        error::ApiError,
    },
};

/// Waits between two attempts to follow an answer whose stream was lost.
const PATIENCE: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// What brings an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Send(ChatRequest),
    Follow(FollowRequest),
}

/// Tells that nobody on this page reads the answer any more.
pub struct Leaving {
    left: oneshot::Receiver<()>,
    stop_when_named: Rc<Cell<bool>>,
}

enum Outcome {
    Ended(Progress),
    Left,
    Broken(ApiError),
}

impl Call {
    /// All that there is of an answer.
    pub fn follow(answer: MessageId) -> Self {
        Self::Follow(FollowRequest { answer, after: None })
    }
}

impl Leaving {
    pub fn new(left: oneshot::Receiver<()>, stop_when_named: Rc<Cell<bool>>) -> Self {
        Self { left, stop_when_named }
    }
}

impl Conversation {
    /// Reads the answer to its end, or until nobody reads it.
    pub(super) async fn receive(self, mut call: Call, mut leaving: Leaving, before: Vec<Ending>) {
        for ending in before {
            // However it ended.
            let _ = ending.await;
        }
        if !matches!(leaving.left.try_recv(), Ok(None)) {
            // Stopped before it was sent.
            return;
        }
        let mut patience = PATIENCE.into_iter();
        loop {
            let taken = self.growing.peek().n;
            let error = match self.read_events(&call, &mut leaving).await {
                Outcome::Left => return,
                Outcome::Ended(progress) => return self.end(progress),
                // Signing in has begun, and this page with it has gone; what was sent is kept by the draft.
                Outcome::Broken(ApiError::SessionEnded) => return,
                Outcome::Broken(error) => error,
            };
            let growing = self.growing.peek().clone();
            if growing.n > taken {
                patience = PATIENCE.into_iter();
            }
            let may_pass = matches!(error, ApiError::Unreachable | ApiError::Unavailable);
            let (Some(answer), true, Some(wait)) = (growing.answer, may_pass, patience.next()) else {
                self.end(Progress::Failed(error));
                // A page that is being left is told that its calls failed, and shows it to nobody.
                listeners::next_frame().await;
                return self.draft.failed();
            };
            let pause = browser::sleep(wait);
            pin_mut!(pause);
            if let Either::Left(_) = select(&mut leaving.left, pause).await {
                return;
            }
            call = Call::Follow(FollowRequest { answer, after: growing.n });
        }
    }

    async fn read_events(self, call: &Call, leaving: &mut Leaving) -> Outcome {
        let opening = self.events(call);
        pin_mut!(opening);
        let opened = match select(&mut leaving.left, &mut opening).await {
            Either::Right((opened, _)) => opened,
            Either::Left(_) if leaving.stop_when_named.get() => opening.await,
            Either::Left(_) => return Outcome::Left,
        };
        let mut events = match opened {
            Ok(events) => events,
            Err(error) => return Outcome::Broken(error),
        };
        loop {
            let event = {
                let next = events.recv();
                pin_mut!(next);
                match leaving.stop_when_named.get() {
                    true => next.await,
                    false => match select(&mut leaving.left, &mut next).await {
                        Either::Right((event, _)) => event,
                        Either::Left(_) if leaving.stop_when_named.get() => next.await,
                        Either::Left(_) => return Outcome::Left,
                    },
                }
            };
            // A stream that just stops is never a whole answer.
            let Some(event) = event else { return Outcome::Broken(ApiError::Unreachable) };
            if leaving.stop_when_named.get() {
                // Nothing of it is shown any more.
                if let ChatEventKind::Open { answer, .. } = event.kind {
                    self.stop_on_server(answer).await;
                }
                return Outcome::Left;
            }
            self.take(event);
            let ended = self.growing.peek().progress();
            if let Some(progress) = ended {
                return Outcome::Ended(progress);
            }
        }
    }

    async fn events(self, call: &Call) -> Result<EventStream, ApiError> {
        match call {
            Call::Send(request) => {
                let door = |token| api::chat::send_message(Authorized::new(token, browser_key::sign, request.clone()));
                self.auth.call(door).await
            }
            Call::Follow(request) => {
                let door = |token| api::chat::follow_answer(Authorized::new(token, browser_key::sign, request.clone()));
                self.auth.call(door).await
            }
        }
    }

    fn take(mut self, event: ChatEvent) {
        let named = match &event.kind {
            ChatEventKind::Open { question, answer, .. } => Some((question.clone(), answer.clone())),
            _ => None,
        };
        self.growing.write().take(event);
        if let Some((question, answer)) = named {
            self.draft.sent();
            self.name_last(&question, &answer);
            self.list.refresh();
        }
        self.paint_soon();
    }

    /// The server has named the last question and its answer.
    fn name_last(mut self, question: &MessageId, answer: &MessageId) {
        let mut entries = self.entries.write();
        let at = entries.len().saturating_sub(2);
        let last = entries.split_off(at);
        // What was sent twice, before and after a reload, is one.
        entries.retain(|entry| entry.id.as_ref() != Some(question) && entry.id.as_ref() != Some(answer));
        entries.extend(last.into_iter().map(|entry| {
            let id = if entry.author == Author::You { question } else { answer };
            Rc::new(Entry { id: Some(id.clone()), ..(*entry).clone() })
        }));
    }

    /// However many events come before the next frame, the page is painted once.
    fn paint_soon(mut self) {
        if self.paint_is_due.replace(true) {
            return;
        }
        self.tasks.start(async move {
            listeners::next_frame().await;
            self.paint_is_due.set(false);
            let live = self.growing.peek().live();
            self.live.set(live);
            self.announcer.tell(&self.growing.peek().split, self.language);
        });
    }
}
