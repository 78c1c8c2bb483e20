//! Decodes the bytes of a streamed answer into events, without any I/O.

use std::collections::VecDeque;

use super::{
    FinishReason, TokenUsage, UpstreamError, UpstreamEvent, chunk::Chunk, error_body::ErrorBody, sent::SentRequest,
};
use crate::wire::events::{EventDecoder, EventTooLarge};

/// The data of the event that ends a stream. It is not JSON, and some servers append to it.
const DONE: &str = "[DONE]";

/// Longest event, in bytes. A chunk of an answer has some hundred.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// The state of decoding one answer.
pub struct Transcript {
    decoder: EventDecoder,
    /// Decoded, but not returned yet.
    ready: VecDeque<UpstreamEvent>,
    /// The last one received: some upstreams send a count with every chunk.
    usage: Option<TokenUsage>,
    finish: Option<FinishReason>,
    has_ended: bool,
    /// To keep its texts out of the log.
    sent: SentRequest,
}

/// The result of decoding some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Event(UpstreamEvent),
    /// A chunk without an event, which shows that the upstream is alive.
    Progress,
    /// All bytes are decoded.
    NeedsBytes,
    /// The answer has ended.
    End,
}

impl Default for Transcript {
    fn default() -> Self {
        let decoder = EventDecoder::new(MAX_EVENT_BYTES);
        Self {
            decoder,
            ready: VecDeque::new(),
            usage: None,
            finish: None,
            has_ended: false,
            sent: SentRequest::default(),
        }
    }
}

impl Transcript {
    /// Of the answer to this request.
    pub fn of(sent: SentRequest) -> Self {
        Self { sent, ..Self::default() }
    }

    /// Of an answer that has ended.
    pub fn ended() -> Self {
        Self { has_ended: true, ..Self::default() }
    }

    /// Decodes up to one event from `bytes`, and removes what it has decoded.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Step, UpstreamError> {
        if let Some(event) = self.ready.pop_front() {
            return Ok(Step::Event(event));
        }
        if self.has_ended {
            return Ok(Step::End);
        }
        match self.decoder.next_event(bytes) {
            Ok(Some(data)) => self.read(data.trim())?,
            Ok(None) => return Ok(Step::NeedsBytes),
            Err(EventTooLarge) => {
                tracing::warn!("the upstream sent an event without end");
                return Err(UpstreamError::Upstream);
            }
        }
        Ok(self.ready.pop_front().map_or(if self.has_ended { Step::End } else { Step::Progress }, Step::Event))
    }

    /// Whether no more bytes are needed. There may still be events to return.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether there was a finish reason. Only the usage may follow it.
    pub fn has_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Call it at the end of the bytes. Without a finish reason, the answer was interrupted: some upstreams (Ollama) drop
    /// their own errors and end the stream, and some proxies send `[DONE]` in their place.
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.has_ended, true) {
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
            // The error's message is not logged, since it would quote the answer.
            let (line, column, kind) = (error.line(), error.column(), error.classify());
            tracing::warn!(line, column, ?kind, "the upstream sent what is no chunk");
            UpstreamError::Upstream
        })?;
        if let Some(error) = ErrorBody::from_chunk(&chunk, data) {
            return Err(error.log_and_classify(None, &self.sent));
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

/// `None` for an unknown reason: the answer may be incomplete, so it counts as interrupted.
fn finish(reason: &str, sent: &SentRequest) -> Result<Option<FinishReason>, UpstreamError> {
    match reason {
        // We offer no tools, so a tool call can only end the answer.
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
