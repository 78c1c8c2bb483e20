//! The events of one answer, in memory: written by one task, read by whoever follows, from wherever they were.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::{sync::watch, time::Instant};

use crate::wire::chat::{ChatEvent, ChatEventKind};

/// Pieces that arrive within this time go out as one event: no screen shows more of them. An upstream that says fifty a
/// second is passed on at once.
const COALESCED: Duration = Duration::from_millis(16);

/// Longest answer, in bytes of its text and thinking: some 300,000 words.
const MAX_TEXT: usize = 2 * 1024 * 1024;

/// A piece of what streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Delta(String),
    Thinking(String),
}

/// There is no room for another piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

pub struct EventLog {
    written: Mutex<Written>,
    /// How many events there are, for readers to wait on.
    length: watch::Sender<usize>,
    readers: watch::Sender<usize>,
}

#[derive(Default)]
struct Written {
    events: Vec<ChatEventKind>,
    /// The answer's text, as far as it was told.
    text: String,
    /// What the model thought, as far as it was told.
    thinking: String,
    /// Bytes taken in, of text and thinking.
    taken: usize,
    /// Not yet told.
    pending: Option<Piece>,
    told_at: Option<Instant>,
}

impl EventLog {
    pub fn new() -> Self {
        Self { written: Mutex::default(), length: watch::Sender::new(0), readers: watch::Sender::new(0) }
    }

    /// Tells an event, and before it what is pending.
    pub fn tell(&self, kind: ChatEventKind) {
        let mut written = self.written();
        written.tell_pending();
        written.events.push(kind);
        self.length.send_replace(written.events.len());
    }

    /// Takes a piece: told at once after a pause, with its neighbours where they come thick and fast.
    pub fn take(&self, piece: Piece) -> Result<(), Full> {
        let mut written = self.written();
        written.taken += piece.text().len();
        if written.taken > MAX_TEXT {
            return Err(Full);
        }
        written.add(piece);
        if written.due().is_none_or(|due| due <= Instant::now()) {
            written.tell_pending();
        }
        self.length.send_replace(written.events.len());
        Ok(())
    }

    /// Tells what is pending, when it is time; while nothing is, it waits for ever.
    pub async fn tell_when_due(&self) {
        let due = {
            let written = self.written();
            written.pending.as_ref().map(|_| written.due().unwrap_or_else(Instant::now))
        };
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
        self.tell_pending();
    }

    /// Tells what is pending, at once.
    pub fn tell_pending(&self) {
        let mut written = self.written();
        written.tell_pending();
        self.length.send_replace(written.events.len());
    }

    /// The answer's text, as far as it was told.
    pub fn text(&self) -> String {
        self.text_from(0)
    }

    /// What of it comes after its first `start` bytes.
    pub fn text_from(&self, start: usize) -> String {
        self.written().text.get(start..).unwrap_or_default().to_owned()
    }

    /// What the model thought, as far as it was told.
    pub fn thinking(&self) -> String {
        self.written().thinking.clone()
    }

    pub fn has_begun(&self) -> bool {
        !self.written().events.is_empty()
    }

    pub fn has_ended(&self) -> bool {
        self.written().has_ended()
    }

    /// Returns once the answer has ended.
    pub async fn ended(&self) {
        let mut length = self.length.subscribe();
        while !self.has_ended() {
            // The sender is ours: it does not go away while we wait.
            if length.changed().await.is_err() {
                return;
            }
        }
    }

    /// Returns once nobody has read for as long as `grace`.
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

    /// The events with a greater number than `after`, as they are and as they come, up to the end.
    ///
    /// An `after` that was never told is no place in this answer: it is told from its start.
    pub fn read(self: &Arc<Self>, after: Option<u64>) -> impl Stream<Item = ChatEvent> + Send + use<> {
        let told = self.written().events.len();
        let next = after
            .and_then(|after| usize::try_from(after).ok()?.checked_add(1))
            .filter(|next| *next <= told)
            .unwrap_or(0);
        let reader = Reader::new(self.clone());
        stream::unfold((reader, next), async |(mut reader, next)| {
            let kind = reader.event(next).await?;
            Some((ChatEvent { n: next as u64, kind }, (reader, next + 1)))
        })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        // Every change under the lock is whole.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn has_ended(&self) -> bool {
        matches!(self.events.last(), Some(ChatEventKind::End { .. }))
    }

    fn add(&mut self, piece: Piece) {
        match (&mut self.pending, piece) {
            (Some(Piece::Delta(pending)), Piece::Delta(text)) => pending.push_str(&text),
            (Some(Piece::Thinking(pending)), Piece::Thinking(text)) => pending.push_str(&text),
            (_, piece) => {
                self.tell_pending();
                self.pending = Some(piece);
            }
        }
    }

    fn tell_pending(&mut self) {
        let Some(piece) = self.pending.take() else { return };
        self.told_at = Some(Instant::now());
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

    /// When the next piece may be told; nothing stands against it where there is none.
    fn due(&self) -> Option<Instant> {
        self.told_at.map(|told_at| told_at + COALESCED)
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Delta(text) | Self::Thinking(text) => text,
        }
    }
}

/// Counted from when it is made until it is dropped.
struct Reader {
    log: Arc<EventLog>,
    length: watch::Receiver<usize>,
}

impl Reader {
    fn new(log: Arc<EventLog>) -> Self {
        log.readers.send_modify(|readers| *readers += 1);
        let length = log.length.subscribe();
        Self { log, length }
    }

    /// The event at this place, once it is there; nothing after the end.
    async fn event(&mut self, place: usize) -> Option<ChatEventKind> {
        loop {
            {
                let written = self.log.written();
                match written.events.get(place) {
                    Some(kind) => return Some(kind.clone()),
                    None if written.has_ended() => return None,
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
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;
    use crate::wire::chat::EndReason;

    const END: ChatEventKind = ChatEventKind::End { reason: EndReason::Complete };

    fn log() -> Arc<EventLog> {
        Arc::new(EventLog::new())
    }

    fn delta(text: &str) -> Piece {
        Piece::Delta(text.into())
    }

    fn told(text: &str) -> ChatEventKind {
        ChatEventKind::Delta { text: text.into() }
    }

    async fn read(log: &Arc<EventLog>, after: Option<u64>) -> Vec<ChatEventKind> {
        log.read(after).map(|event| event.kind).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_piece_is_told_at_once_and_those_that_follow_closely_together() {
        let log = log();
        log.take(delta("a")).unwrap();
        assert_eq!(log.text(), "a");
        log.take(delta("b")).unwrap();
        log.take(delta("c")).unwrap();
        assert_eq!(log.text(), "a");
        let started = Instant::now();
        log.tell_when_due().await;
        assert_eq!(started.elapsed(), COALESCED);
        tokio::time::sleep(COALESCED).await;
        log.take(delta("d")).unwrap();
        log.tell(END);
        assert_eq!(read(&log, None).await, [told("a"), told("bc"), told("d"), END]);
        assert_eq!(log.text(), "abcd");
    }

    #[tokio::test]
    async fn with_nothing_pending_there_is_nothing_to_wait_for() {
        let log = log();
        assert_eq!(log.tell_when_due().now_or_never(), None);
        log.take(delta("a")).unwrap();
        assert_eq!(log.tell_when_due().now_or_never(), None);
    }

    #[tokio::test]
    async fn thinking_and_text_are_not_mixed() {
        let log = log();
        for piece in [delta("a"), delta("b"), Piece::Thinking("c".into()), Piece::Thinking("d".into()), delta("e")] {
            log.take(piece).unwrap();
        }
        log.tell(END);
        let thought = ChatEventKind::Thinking { text: "cd".into() };
        assert_eq!(read(&log, None).await, [told("a"), told("b"), thought, told("e"), END]);
        assert_eq!(log.text(), "abe");
    }

    #[tokio::test]
    async fn a_reader_who_comes_back_misses_nothing_and_is_told_nothing_twice() {
        let log = log();
        log.tell(told("a"));
        log.tell(told("b"));
        let mut early = Box::pin(log.read(Some(0)));
        assert_eq!(early.next().await, Some(ChatEvent { n: 1, kind: told("b") }));
        assert!(early.next().now_or_never().is_none(), "the next event is not there yet");
        log.tell(told("c"));
        assert_eq!(early.next().await, Some(ChatEvent { n: 2, kind: told("c") }));
        log.tell(END);
        assert_eq!(early.next().await, Some(ChatEvent { n: 3, kind: END }));
        assert_eq!(early.next().await, None);
        assert_eq!(read(&log, Some(2)).await, [END]);
        assert_eq!(read(&log, Some(3)).await, []);
    }

    #[tokio::test]
    async fn a_place_that_was_never_told_is_the_start() {
        let log = log();
        log.tell(told("a"));
        log.tell(END);
        for after in [2, 1000, u64::MAX] {
            assert_eq!(read(&log, Some(after)).await, [told("a"), END], "{after}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_abandoned_when_nobody_has_read_for_as_long_as_the_grace() {
        let grace = Duration::from_secs(20);
        let log = log();
        let first = Box::pin(log.read(None));
        let mut abandoned = Box::pin(log.abandoned(grace));
        let still_read = tokio::time::timeout(grace * 10, &mut abandoned).await;
        assert!(still_read.is_err(), "somebody reads");

        drop(first);
        assert!(tokio::time::timeout(grace - Duration::from_secs(1), &mut abandoned).await.is_err());
        let returned = Box::pin(log.read(None));
        assert!(tokio::time::timeout(grace * 10, &mut abandoned).await.is_err(), "somebody came back");

        let left = Instant::now();
        drop(returned);
        abandoned.await;
        assert_eq!(left.elapsed(), grace);
    }

    #[tokio::test]
    async fn a_text_without_end_is_refused() {
        let log = log();
        let piece = "x".repeat(MAX_TEXT / 2);
        assert_eq!(log.take(delta(&piece)), Ok(()));
        assert_eq!(log.take(Piece::Thinking(piece)), Ok(()));
        assert_eq!(log.take(delta("x")), Err(Full));
    }
}
