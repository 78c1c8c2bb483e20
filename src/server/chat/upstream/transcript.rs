//! What the bytes of an answer mean, without any I/O.

use std::collections::VecDeque;

use super::{FinishReason, TokenUsage, UpstreamError, UpstreamEvent, chunk::Chunk, refusal::Refusal, sent::Sent};
use crate::wire::events::{EventDecoder, EventTooLarge};

/// The data of the event that ends a stream; it is not JSON, and some add to it.
const DONE: &str = "[DONE]";

/// Of one event, in bytes. A chunk of an answer has some hundred.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// One answer, as far as it was read.
pub struct Transcript {
    decoder: EventDecoder,
    /// Read, but not given out.
    ready: VecDeque<UpstreamEvent>,
    /// The last that was told: some upstreams count along.
    usage: Option<TokenUsage>,
    finish: Option<FinishReason>,
    is_over: bool,
    /// For the log of what it is answered with.
    sent: Sent,
}

/// What there was in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Event(UpstreamEvent),
    /// A chunk with nothing to give out, which shows that the upstream is at work.
    Progress,
    /// Nothing more: other bytes are needed.
    Read,
    /// The upstream has ended the answer, or we have; nothing may follow.
    Over,
}

impl Default for Transcript {
    fn default() -> Self {
        let decoder = EventDecoder::new(MAX_EVENT_BYTES);
        Self { decoder, ready: VecDeque::new(), usage: None, finish: None, is_over: false, sent: Sent::default() }
    }
}

impl Transcript {
    /// The answer to this.
    pub fn of(sent: Sent) -> Self {
        Self { sent, ..Self::default() }
    }

    /// With nothing more to give.
    pub fn over() -> Self {
        Self { is_over: true, ..Self::default() }
    }

    /// Takes from `rest` what the next step needs.
    pub fn next(&mut self, rest: &mut &[u8]) -> Result<Step, UpstreamError> {
        if let Some(event) = self.ready.pop_front() {
            return Ok(Step::Event(event));
        }
        if self.is_over {
            return Ok(Step::Over);
        }
        match self.decoder.next_event(rest) {
            Ok(Some(data)) => self.read(data.trim())?,
            Ok(None) => return Ok(Step::Read),
            Err(EventTooLarge) => {
                tracing::warn!("the upstream sent an event without end");
                return Err(UpstreamError::Upstream);
            }
        }
        Ok(self.ready.pop_front().map_or(if self.is_over { Step::Over } else { Step::Progress }, Step::Event))
    }

    /// Whether no more bytes are wanted. Events may still be there to give out.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the upstream has said why it ends: what may follow is its usage.
    pub fn has_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// No bytes will follow. Without a finish reason, the answer was interrupted: some upstreams drop their own errors
    /// and just stop (Ollama), some proxies hide them behind a bare `[DONE]`.
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.ready.extend(self.usage.take().map(UpstreamEvent::Usage));
            self.ready.extend(self.finish.map(UpstreamEvent::Finished));
        }
    }

    fn read(&mut self, data: &str) -> Result<(), UpstreamError> {
        if data.starts_with(DONE) {
            self.end();
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
        }
        let chunk = Chunk::parse(data).map_err(|error| {
            // Its own words would quote the answer.
            let (line, column, kind) = (error.line(), error.column(), error.classify());
            tracing::warn!(line, column, ?kind, "the upstream sent what is no chunk");
            UpstreamError::Upstream
        })?;
        if let Some(refusal) = Refusal::in_stream(&chunk, data) {
            return Err(refusal.log_and_classify(None, &self.sent));
        }
        self.ready.extend(chunk.thinking().map(|text| UpstreamEvent::Thinking(text.to_owned())));
        self.ready.extend(chunk.text().map(UpstreamEvent::Delta));
        self.usage = chunk.usage().or(self.usage);
        if let Some(reason) = chunk.finish_reason() {
            self.finish = finish(reason, &self.sent)?;
        }
        Ok(())
    }
}

/// `None` for a reason that we don't know: it may mean a cut, so the answer counts as interrupted.
fn finish(reason: &str, sent: &Sent) -> Result<Option<FinishReason>, UpstreamError> {
    match reason {
        // We offer no tools: a model that calls one all the same has ended its turn.
        "stop" | "tool_calls" | "function_call" => Ok(Some(FinishReason::Complete)),
        "length" => Ok(Some(FinishReason::Length)),
        "content_filter" => Ok(Some(FinishReason::Filtered)),
        "error" => {
            tracing::warn!("the upstream ended the answer with an error");
            Err(UpstreamError::Upstream)
        }
        reason => {
            tracing::warn!(reason = sent.excerpt(reason), "the upstream ended the answer for an unknown reason");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests;
