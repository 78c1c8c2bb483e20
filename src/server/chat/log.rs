//! The events of one answer, in the memory of the server that writes it: one task writes them, and any number of readers
//! follow, each from its own place. Readers at other servers read the `answer_log`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::{sync::watch, time::Instant};

use crate::wire::chat::{ChatEvent, ChatEventKind};

/// Pieces that arrive within this time become one event, since no screen shows more. Pieces of a slower upstream are
/// emitted one by one.
const COALESCE_INTERVAL: Duration = Duration::from_millis(16);

/// Longest answer, in bytes of its text and thinking: some 300,000 words.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// A piece of streamed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Delta(String),
    Thinking(String),
}

/// The answer has reached [`MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

pub struct EventLog {
    state: Mutex<LogState>,
    /// The number of events, for readers to wait on.
    length: watch::Sender<usize>,
    readers: watch::Sender<usize>,
}

#[derive(Default)]
struct LogState {
    events: Vec<ChatEventKind>,
    /// The text of all emitted deltas.
    text: String,
    /// The text of all emitted thinking.
    thinking: String,
    /// Bytes of all pieces, with those that are pending.
    received: usize,
    /// Not emitted yet.
    pending: Option<Piece>,
    last_flush: Option<Instant>,
}

/// Counts as a reader until it is dropped.
struct Reader {
    log: Arc<EventLog>,
    length: watch::Receiver<usize>,
}

impl EventLog {
    pub fn new() -> Self {
        Self { state: Mutex::default(), length: watch::Sender::new(0), readers: watch::Sender::new(0) }
    }

    /// Appends an event, after the pending text.
    pub fn append(&self, kind: ChatEventKind) {
        let mut state = self.state();
        state.flush();
        state.events.push(kind);
        self.length.send_replace(state.events.len());
    }

    /// Emits the piece at once if the last one was emitted long enough ago; otherwise it stays pending.
    pub fn push(&self, piece: Piece) -> Result<(), TooLong> {
        let mut state = self.state();
        state.received += piece.text().len();
        if state.received > MAX_BYTES {
            return Err(TooLong);
        }
        state.add(piece);
        if state.due().is_none_or(|due| due <= Instant::now()) {
            state.flush();
        }
        self.length.send_replace(state.events.len());
        Ok(())
    }

    /// All text so far was thinking. The answer is repeated from its start, for which `open` is emitted again: a reader who
    /// has parts of the answer drops them.
    pub fn restart_as_thinking(&self, open: ChatEventKind) {
        let mut state = self.state();
        state.flush();
        state.events.push(open);
        let text = std::mem::take(&mut state.text);
        let before = std::mem::take(&mut state.thinking);
        state.pending = Some(Piece::Thinking(before + &text)).filter(|piece| !piece.text().is_empty());
        state.flush();
        self.length.send_replace(state.events.len());
    }

    /// Waits until the pending text is due, then emits it. Without pending text it never returns.
    pub async fn flush_when_due(&self) {
        let due = {
            let state = self.state();
            state.pending.as_ref().map(|_| state.due().unwrap_or_else(Instant::now))
        };
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
        self.flush();
    }

    /// Emits the pending text at once.
    pub fn flush(&self) {
        let mut state = self.state();
        state.flush();
        self.length.send_replace(state.events.len());
    }

    /// The text so far, without what is pending.
    pub fn text(&self) -> String {
        self.text_from(0)
    }

    /// The same, without its first `start` bytes.
    pub fn text_from(&self, start: usize) -> String {
        self.state().text.get(start..).unwrap_or_default().to_owned()
    }

    /// The length of the text so far, in bytes.
    pub fn text_len(&self) -> usize {
        self.state().text.len()
    }

    /// The thinking so far, without what is pending.
    pub fn thinking(&self) -> String {
        self.state().thinking.clone()
    }

    pub fn has_begun(&self) -> bool {
        !self.state().events.is_empty()
    }

    pub fn has_ended(&self) -> bool {
        self.state().has_ended()
    }

    /// Returns once the answer has ended.
    pub async fn ended(&self) {
        let mut length = self.length.subscribe();
        while !self.has_ended() {
            // Can't fail: `self` holds the sender.
            if length.changed().await.is_err() {
                return;
            }
        }
    }

    /// The events from number `from`.
    pub fn events_from(&self, from: u64) -> Vec<ChatEventKind> {
        let state = self.state();
        usize::try_from(from).ok().and_then(|from| state.events.get(from..)).unwrap_or_default().to_vec()
    }

    /// Returns once there are more than `length` events, or the answer has ended.
    pub async fn longer_than(&self, length: u64) {
        let mut events = self.length.subscribe();
        while events.borrow_and_update().to_owned() as u64 <= length && !self.has_ended() {
            // Can't fail: `self` holds the sender.
            if events.changed().await.is_err() {
                return;
            }
        }
    }

    /// Returns once there has been no reader for as long as `grace`.
    pub async fn abandoned(&self, grace: Duration) {
        let mut readers = self.readers.subscribe();
        loop {
            if readers.wait_for(|readers| *readers == 0).await.is_err() {
                return;
            }
            tokio::select! {
                biased;
                _ = readers.wait_for(|readers| *readers > 0) => {}
                () = tokio::time::sleep(grace) => return,
            }
        }
    }

    /// The events after number `after`, those that are there and those to come, up to the end.
    ///
    /// If the answer has no event of that number, it is read from its start.
    pub fn read(self: &Arc<Self>, after: Option<u64>) -> impl Stream<Item = ChatEvent> + Send + use<> {
        let length = self.state().events.len();
        let next = after
            .and_then(|after| usize::try_from(after).ok()?.checked_add(1))
            .filter(|next| *next <= length)
            .unwrap_or(0);
        let reader = Reader::new(self.clone());
        stream::unfold((reader, next), async |(mut reader, next)| {
            let kind = reader.event(next).await?;
            Some((ChatEvent { n: next as u64, kind }, (reader, next + 1)))
        })
    }

    fn state(&self) -> MutexGuard<'_, LogState> {
        // Every change under the lock is complete on its own, so the state is consistent even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogState {
    fn has_ended(&self) -> bool {
        matches!(self.events.last(), Some(ChatEventKind::End { .. }))
    }

    fn add(&mut self, piece: Piece) {
        match (&mut self.pending, piece) {
            (Some(Piece::Delta(pending)), Piece::Delta(text)) => pending.push_str(&text),
            (Some(Piece::Thinking(pending)), Piece::Thinking(text)) => pending.push_str(&text),
            (_, piece) => {
                self.flush();
                self.pending = Some(piece);
            }
        }
    }

    fn flush(&mut self) {
        let Some(piece) = self.pending.take() else { return };
        self.last_flush = Some(Instant::now());
        self.events.push(match piece {
            Piece::Delta(text) => {
                self.text.push_str(&text);
                ChatEventKind::Delta { text }
            }
            Piece::Thinking(text) => {
                self.thinking.push_str(&text);
                ChatEventKind::Thinking { text }
            }
        });
    }

    /// The earliest time of the next flush; `None` means at once.
    fn due(&self) -> Option<Instant> {
        self.last_flush.map(|last_flush| last_flush + COALESCE_INTERVAL)
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Delta(text) | Self::Thinking(text) => text,
        }
    }
}

impl Reader {
    fn new(log: Arc<EventLog>) -> Self {
        log.readers.send_modify(|readers| *readers += 1);
        let length = log.length.subscribe();
        Self { log, length }
    }

    /// Waits for the event at `index`; `None` after the end.
    async fn event(&mut self, index: usize) -> Option<ChatEventKind> {
        loop {
            {
                let state = self.log.state();
                match state.events.get(index) {
                    Some(kind) => return Some(kind.clone()),
                    None if state.has_ended() => return None,
                    None => {}
                }
            }
            self.length.changed().await.ok()?;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.readers.send_modify(|readers| *readers = readers.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
